"""The element of a program that an exception names: what tells two faults of one line apart, and what does not."""

from __future__ import annotations

import pytest

from mcp_rag.elements import element
from mcp_rag.fingerprint import fingerprint
from mcp_rag.redact import Redactor
from mcp_rag.stacktrace import parse
from mcp_rag.types import LogRecord

NAMED = [
    ("ModuleNotFoundError", "No module named 'pytz.reference'", "pytz.reference"),
    ("ImportError", "cannot import name 'soft_unicode' from 'markupsafe' (/a/b.py)", "soft_unicode"),
    ("AttributeError", "'Cart' object has no attribute 'total'", "total"),
    ("AttributeError", "module 'ssl' has no attribute 'wrap_socket'", "wrap_socket"),
    ("NameError", "name 'np' is not defined", "np"),
    ("UnboundLocalError", "cannot access local variable 'row' where it is not associated with a value", "row"),
    ("TypeError", "ship() missing 1 required positional argument: 'carrier'", "carrier"),
    ("TypeError", "open() got an unexpected keyword argument 'mode2'", "mode0"),
    ("TypeError", "Cannot read properties of null (reading 'street')", "street"),
    ("TypeError", "Cannot set properties of undefined (setting 'ready')", "ready"),
    ("TypeError", "Cannot read property 'id' of undefined", "id"),
    ("TypeError", "cart.items.reduceAll is not a function", "cart.items.reduceAll"),
    ("TypeError", "(intermediate value).pipe is not a function", "pipe"),
    ("TypeError", "undefined is not an object (evaluating 'cart.owner.name')", "cart.owner.name"),
    ("ReferenceError", "fetchCart is not defined", "fetchCart"),
    ("Error", "Cannot find module './routes/cart'\nRequire stack:", "routes/cart"),
    ("Error", "Cannot find module '/srv/a1/dist/cart.js'", "cart.js"),
    ("NoMethodError", "undefined method `ship!' for nil:NilClass", "ship!"),
    ("NameError", "uninitialized constant Shop::Cart", "Shop::Cart"),
    ("ActiveRecord::RecordNotFound", "Couldn't find Parcel with 'id'=77", "Parcel"),
    ("LoadError", "cannot load such file -- bcrypt", "bcrypt"),
    ("org.x.NoSuchBeanDefinitionException", "No qualifying bean of type 'shop.Rates' available", "shop.Rates"),
    ("java.lang.NullPointerException", 'Cannot invoke "shop.Cart.sum()" because "<local4>" is null', "shop.Cart.sum"),
    ("java.lang.ClassNotFoundException", "shop.tax.Rules", "shop.tax.Rules"),
    ("java.lang.NoClassDefFoundError", "shop/tax/Rules", "shop.tax.Rules"),
    ("java.lang.NoClassDefFoundError", "Could not initialize class shop.tax.Rules", "shop.tax.Rules"),
    ("java.lang.OutOfMemoryError", "GC overhead limit exceeded", "gc overhead limit exceeded"),
    ("System.InvalidOperationException", "Unable to resolve service for type 'Shop.IRates' while", "Shop.IRates"),
    ("System.IO.FileNotFoundException", "Could not load file or assembly 'Shop.Tax, Version=2.0.0.0'", "Shop.Tax"),
    ("Error", "Call to a member function total() on null", "total"),
    ("Error", 'Class "App\\\\Cart" not found', "Cart"),
    ("NoMethodError", "undefined method '[]' for nil", "[]"),
    ("java.lang.NoSuchMethodError", "shop.Cart.sum([BI)V", "shop.Cart.sum"),
    ("java.lang.NoSuchMethodError", "'void shop.Cart.sum(byte[], int)'", "shop.Cart.sum"),
    ("java.lang.NoSuchFieldError", "Class shop.Cart does not have member field 'int LIMIT'", "LIMIT"),
    ("java.lang.UnsatisfiedLinkError", "no carts in java.library.path: [/usr/lib]", "no carts"),
    ("ImportError", "/a/grid.cpython-311.so: undefined symbol: _ZN4grid4viewEv", "_ZN0grid0viewEv"),
    ("ImportError", "dlopen(/a/grid.so, 2): Symbol not found: (_grid_view)", "_grid_view"),
    ("ImportError", "libgrid.so.4: cannot open shared object file: No such file or directory", "libgrid.so.0"),
    ("ImportError", "dlopen(/a/grid.so): Library not loaded: @rpath/libview.dylib", "libview.dylib"),
    ("ImportError", "DLL load failed while importing _grid: The specified module could not be found.", "_grid"),
    ("OSError", "/lib/libc.so.6: version `GLIBC_2.34' not found (required by ./grid)", "GLIBC_0.0"),
    ("UniqueViolation", 'duplicate key value violates unique constraint "carts_no_key"', "carts_no_key"),
    ("NotNullViolation", 'null value in column "owner" of relation "carts" violates not-null', "owner"),
    ("UndefinedColumn", 'column "rate" of relation "carts" does not exist', "rate"),
    ("sqlite3.IntegrityError", "UNIQUE constraint failed: carts.number", "carts.number"),
    ("sqlite3.OperationalError", "no such table: carts", "carts"),
    ("mysql.Error", "Duplicate entry 'a'b' for key 'carts.by_owner'", "by_owner"),
    ("mysql.Error", "fails (`shop`.`carts`, CONSTRAINT `cart_owner` FOREIGN KEY (`owner`)", "cart_owner"),
    ("mysql.Error", "Table 'shop_test.carts' doesn't exist", "carts"),
    ("mysql.Error", "Unknown column 'c.rate' in 'field list'", "c.rate"),
    ("mysql.Error", "Data too long for column 'note' at row 4", "note"),
    ("mysql.Error", "Field 'owner' doesn't have a default value", "owner"),
    ("SqlException", "Cannot insert duplicate key row with unique index 'by_owner'. The value is (7).", "by_owner"),
    ("SqlException", 'conflicted with the FOREIGN KEY constraint "cart_owner". The', "cart_owner"),
    ("PrismaError", "Unique constraint failed on the fields: (`shop`,`number`)", "`shop`,`number`"),
    ("SqlException", "Invalid object name 'dbo.Carts'.", "dbo.Carts"),
    ("oracledb.IntegrityError", "ORA-00001: unique constraint (SHOP.CART_PK) violated", "SHOP.CART_PK"),
    ("MongoServerError", "duplicate key error collection: shop.carts index: owner_idx dup key: { o: 1 }", "owner_idx"),
    ("TypeError", "Shop\\Cart::add(): Argument #2 ($rates) must be of type array, bool given", "rates"),
    ("UndefinedFunctionError", "function Shop.total/2 is undefined (module Shop is not available)", "Shop.total/0"),
]  # fmt: skip
DATA = [
    ("KeyError", "'o-19'"),
    ("ValueError", "invalid literal for int() with base 10: 'x7'"),
    ("TypeError", "Cannot read properties of undefined (reading '0')"),
    ("TypeError", "Cannot read properties of undefined (reading 'o-19')"),
    ("TypeError", "Cannot read properties of undefined (reading 'a5f3c0b1de77')"),
    ("TypeError", "e.t is not a function"),
    ("ReferenceError", "t is not defined"),
    ("TypeError", "q4e.x is not a function"),
    ("LookupError", "user 'anna' not found"),
    ("IllegalArgumentException", "limit is not defined for tenant 7"),
    ("java.lang.OutOfMemoryError", "wanted 12 bytes"),
    ("LimitError", "the constraint says at most 7 carts, cart 'o-19' does not exist"),
    ("SqlException", "Violation of PRIMARY KEY constraint 'PK__Carts__3214EC07A1B2C3D4'."),
    ("Error", ""),
]


@pytest.mark.parametrize(("kind", "message", "expected"), NAMED)
def test_elements_are_named(kind: str, message: str, expected: str) -> None:
    """A phrase of a runtime or framework names the module, attribute, method, service or class that it misses."""
    assert element(kind, message) == expected


@pytest.mark.parametrize(("kind", "message"), DATA)
def test_data_names_no_element(kind: str, message: str) -> None:
    """Keys, ids and values are data, however they are quoted; a minifier's name is another one in the next build."""
    assert element(kind, message) == ""


PYTHON = """Traceback (most recent call last):
  File "/srv/app/cart.py", line {line}, in price
    return total(cart)
{said}"""


def _of(said: str, line: int = 7) -> LogRecord:
    body = PYTHON.format(line=line, said=said)
    return LogRecord(0, 0, body, "", stacktrace=parse(body))


def test_an_element_makes_another_error_of_the_same_calls() -> None:
    """Two attributes missing in one line are two faults; another line number, object or redaction is not."""
    first = fingerprint(_of("AttributeError: 'NoneType' object has no attribute 'total'"))
    assert first.id == fingerprint(_of("AttributeError: 'NoneType' object has no attribute 'total'", line=19)).id
    assert first.id != fingerprint(_of("AttributeError: 'NoneType' object has no attribute 'owner'")).id
    said = "AttributeError: 'NoneType' object has no attribute 'total'"
    assert first.id == fingerprint(_of(Redactor()(said))).id


def test_a_value_makes_no_other_error_of_the_same_calls() -> None:
    """What a call was given at run time says nothing about which fault it is."""
    first, second = (f"ValueError: invalid literal for int() with base 10: '{value}'" for value in ("x", "y"))
    assert fingerprint(_of(first)).id == fingerprint(_of(second)).id
