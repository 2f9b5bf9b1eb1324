"""Headers of batch and compute systems: Hadoop, Spark, OpenStack, supercomputers, GPU libraries, model servers."""

from __future__ import annotations

from mcp_rag.formats.base import LEVEL, TextFormat
from mcp_rag.types import Level

_CLASS = r"(?![\w.$-]{0,120}(?:Exception|Error)\b)(?P<logger>[A-Za-z_$][\w$-]{0,60}(?:\.[\w$-]{1,80}){1,12})"

CLUSTER_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "hadoop",
        "Hadoop, HDFS and Spark: `time [pid] LEVEL class: message`, any of their date orders",
        "26/11/23 19:20:37 ERROR executor.Executor: Exception in task 1.0 in stage 27.0 (TID 1272)",
        stamped=True,
        needs=": ",
        pattern=rf"(?: (?P<stream>\d{{1,7}}))? {LEVEL} {{1,5}}{_CLASS}: ",
    ),
    TextFormat(
        "spark",
        "Spark's console as shipped: `yy/MM/dd time LEVEL Class: message`",
        "26/11/23 19:20:37 ERROR Executor: Exception in task 1.0 in stage 27.0 (TID 1272)",
        stamped=True,
        shapes=("slash",),
        needs=": ",
        pattern=rf" {LEVEL} {{1,5}}(?=[A-Z][A-Z0-9$]{{0,80}}[a-z])(?![\w$]{{0,80}}(?:Exception|Error):)"
        r"(?P<logger>[A-Za-z0-9$]{3,80}): ",
    ),
    TextFormat(
        "hadoop-source",
        "Hadoop with source locations: `time LEVEL class (File.java:method(line)) - message`",
        "2026-11-23 19:20:37,123 ERROR namenode.NameNode (NameNode.java:main(1734)) - Failed to start namenode.",
        stamped=True,
        needs=" (",
        pattern=rf" {LEVEL} {{1,5}}{_CLASS} \([\w.$<>]{{1,80}}:[\w$<>]{{1,60}}\(\d{{1,6}}\)\) - ",
    ),
    TextFormat(
        "zookeeper",
        "ZooKeeper: `time [myid] - LEVEL  [thread:Class@line] - message`",
        "2026-11-23 19:20:37,123 [myid:3] - WARN  [QuorumPeer[myid=3]/0:0:0:0:2181:Learner@233] - Unexpected exception",
        stamped=True,
        needs=" - ",
        pattern=rf" (?:\[myid:\d{{0,9}}\] )?- {LEVEL} {{1,4}}\[(?P<stream>[^\s]{{0,160}}?(?: [^\s]{{1,80}}){{0,6}}?):"
        r"(?P<logger>[\w$.]{1,120})@\d{1,6}\] - ",
    ),
    TextFormat(
        "kafka",
        "Kafka's log4j layout: `[time] LEVEL [component] message (logger)`",
        "[2026-11-23 19:20:37,123] ERROR [Broker id=1] Error while processing request (kafka.server.KafkaApis)",
        stamped=True,
        first="[",
        needs=")",
        pattern=rf"\] {LEVEL} (?:\[(?P<stream>[^\[\]]{{1,120}})\]:? )?(?=.{{0,480}}\((?P<logger>"
        rf"(?:kafka|org)\.[\w.$]{{1,160}})\)$)",
    ),
    TextFormat(
        "elasticsearch",
        "Elasticsearch and OpenSearch: `[time][LEVEL][logger] [node] message`",
        "[2026-11-23T19:20:37,123][ERROR][o.e.b.Bootstrap          ] [node-1] node validation exception",
        stamped=True,
        first="[",
        needs="][",
        pattern=rf"\]\[{LEVEL} {{0,4}}\]\[(?P<logger>[\w.$]{{1,100}}) {{0,40}}\](?: ?\["
        rf"(?P<service>[^\[\]]{{1,60}})\](?: |$))? ?",
    ),
    TextFormat(
        "openstack",
        "OpenStack's oslo.log: `time pid LEVEL logger [request] message`",
        "2026-11-23 19:20:37.123 4711 ERROR nova.compute.manager [req-38101a0b-2096 - - - - -] Instance failed "
        "to spawn",
        stamped=True,
        # The lines of a trace name no request.
        pattern=rf" (?P<stream>\d{{1,8}}) {LEVEL} (?P<logger>[a-zA-Z_][\w.-]{{1,120}}) (?:\["
        rf"(?:-|[^\[\]]{{0,24}}|[\w ]{{0,6}}req-[^\[\]]{{1,200}}|instance: [0-9a-f-]{{36}})\](?: |$)"
        r"|(?=Traceback \(most recent call last\)| {2,12}\S|(?:[a-z_]\w{0,60}\.){0,8}[A-Z]\w{1,80}(?:: |$)|$))",
    ),
    TextFormat(
        "ras",
        "Blue Gene RAS events: `label epoch date node time node RAS component LEVEL message`",
        "- 1796325637 2026.11.23 R02-M1-N0-C:J12-U11 2026-11-23-19.20.37.675872 R02-M1-N0-C:J12-U11 RAS KERNEL FATAL "
        "data TLB error interrupt",
        first="-A",
        pattern=r"(?:-|[A-Z_]{3,20}) \d{10} \d{4}\.\d\d\.\d\d \S{1,60} (?P<time>\d{4}-\d\d-\d\d-[\d.]{8,15}) \S{1,60} "
        rf"(?:RAS|NULL|[A-Z]{{3,8}}) (?P<logger>[A-Z_]{{2,20}}) {LEVEL} ",
    ),
    TextFormat(
        "cluster-syslog",
        "Syslog of Linux clusters collected with a label: `label epoch date node Mon dd time node program[pid]: "
        "message`",
        "- 1796325637 2026.11.23 dn228 Nov 23 19:20:37 dn228/dn228 crond(pam_unix)[2915]: session closed for user root",
        first="-A",
        pattern=r"(?:-|[A-Z_]{3,20}) \d{10} \d{4}\.\d\d\.\d\d \S{1,60} "
        r"(?P<time>[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d) "
        r"\S{1,80} (?:(?P<service>[\w./()@+-]{1,80}(?: [\w.]{1,20})?)(?:\[(?P<stream>\d{0,10})\])?: ?)?",
    ),
    TextFormat(
        "cluster-state",
        "Node state changes of a cluster manager: `id node component state epoch flag message`",
        "134681 node-246 unix.hw state_change.unavailable 1796325637 1 Component State Change: component is "
        "unavailable",
        first="0",
        pattern=r"\d{1,9} (?P<service>[\w.-]{1,40}) (?P<logger>[\w.-]{1,40}) [\w.-]{1,60} (?P<time>\d{10}) \d{1,3} ",
    ),
    TextFormat(
        "slurm",
        "Slurm's commands and step daemons: `slurmstepd: error: message`",
        "slurmstepd: error: *** JOB 4711 ON n012 CANCELLED AT 2026-11-23T19:20:37 DUE TO TIME LIMIT ***",
        first="s",
        needs=": ",
        pattern=r"(?P<service>slurm[a-z]{1,10}|srun|sbatch|salloc|scancel|sacct|squeue|scontrol)(?:-[\w.-]{1,40})?: "
        r"(?:(?P<level>error|fatal|info|warning|verbose|debug\d?): )?",
    ),
    TextFormat(
        "vllm",
        "vLLM: `LEVEL MM-DD time [file:line] message`",
        "ERROR 11-23 19:20:37 [core.py:112] EngineCore hit an exception: CUDA out of memory",
        first="DIWECF",
        pattern=rf"{LEVEL} {{1,4}}(?P<time>\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{{3}})?) \[?(?:\[?[\w./-]{{1,60}}/)?"
        r"(?P<logger>[\w.-]{1,80}):\d{1,6}\] ",
    ),
    TextFormat(
        "tensorflow",
        "TensorFlow and XLA: `time: E file:line] message`",
        "2026-11-23 19:20:37.123456: E external/local_xla/xla/stream_executor/cuda/cuda_dnn.cc:9261] Unable to "
        "register",
        stamped=True,
        needs="] ",
        pattern=r": (?P<level>[IWEF]) {1,9}(?:(?P<stream>\d{1,12}) )?(?P<logger>[^\s\[\]:]{1,160}):\d{1,6}\] ",
    ),
    TextFormat(
        "nccl",
        "NCCL: `host:pid:tid [gpu] NCCL WARN message`",
        "gpu-node-3:4711:4790 [2] misc/socket.cc:484 NCCL WARN socketStartConnect: Connect to 10.9.0.7 failed",
        first="aA0[",
        needs="NCCL ",
        pattern=r"(?:\[(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\] )?"
        r"(?P<service>[\w.-]{1,60}):(?P<stream>\d{1,8}:\d{1,8}) \[\d{1,3}\] "
        r"(?:[\w./-]{1,100}:\d{1,6} )?NCCL (?P<level>INFO|WARN|TRACE|ERROR) ",
    ),
    TextFormat(
        "cuda",
        "CUDA programs that print the runtime's error: `CUDA error: message`",
        "CUDA error: an illegal memory access was encountered",
        first="Cc",
        level=Level.ERROR,
        pattern=r"(?P<body>)(?:CUDA|cuda|cuBLAS|CUBLAS|cuDNN|CUDNN)(?: runtime| driver)? ?"
        r"(?:[Ee]rror|failure|status)\b.{0,20}?[:=( ]",
    ),
)
