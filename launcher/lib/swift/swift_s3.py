"""OpenStack Swift with its S3 API as one process group on 127.0.0.1, for development and tests: one device, one replica, no replication daemons.

usage: swift_s3.py DATA_DIR PORT      the proxy listens on PORT, account, container and object servers on the three ports after it
environment: SWIFT_S3_ACCESS_KEY (account:user), SWIFT_S3_SECRET_KEY, SWIFT_S3_REGION
Exit code 3: the data folder's file system has no extended attributes, in which Swift keeps its metadata.
"""

import ctypes
import os
import signal
import sys

NO_XATTRS = 3
PR_SET_PDEATHSIG = 1  # prctl(2)
SERVERS = ("account", "container", "object")


def check_xattrs(data):
    probe = os.path.join(data, "xattr-probe")
    with open(probe, "w"):
        pass
    try:
        os.setxattr(probe, "user.swift.probe", b"1")
    except OSError as error:
        print(f"the file system of {data} has no extended attributes ({error.strerror}): choose another folder with --data-dir", flush=True)
        sys.exit(NO_XATTRS)
    finally:
        os.unlink(probe)


def write(path, *lines):
    with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write("\n".join(lines) + "\n")


def read_or_make_hash_suffix(data):
    """The suffix decides where objects lie on disk: it must outlive a restart."""
    path = os.path.join(data, "hash-suffix")
    if not os.path.exists(path):
        write(path, os.urandom(16).hex())
    with open(path) as file:
        return file.read().strip()


def build_ring(etc, kind, port):
    from swift.common.ring import RingBuilder

    builder = RingBuilder(part_power=4, replicas=1, min_part_hours=0)
    builder.add_dev(
        dict(region=1, zone=1, ip="127.0.0.1", port=port, replication_ip="127.0.0.1", replication_port=port, device="d1", weight=1.0, meta="")
    )
    builder.rebalance(seed=1)
    builder.get_ring().save(f"{etc}/{kind}.ring.gz")


def write_configuration(data, etc, port):
    account, user = os.environ["SWIFT_S3_ACCESS_KEY"].split(":")
    secret = os.environ["SWIFT_S3_SECRET_KEY"]
    common = ["[DEFAULT]", f"swift_dir = {etc}", "bind_ip = 127.0.0.1", "workers = 0", "log_level = WARNING", f"log_address = {data}/no-syslog", "max_clients = 1024"]
    # Swift's own 0.5 s to connect turns a busy development machine into 503 answers.
    patience = ["conn_timeout = 10", "node_timeout = 60", "container_update_timeout = 10"]
    write(f"{etc}/swift.conf", "[swift-hash]", f"swift_hash_path_suffix = {read_or_make_hash_suffix(data)}", "[storage-policy:0]", "name = default", "default = yes")
    for offset, kind in enumerate(SERVERS, start=1):
        build_ring(etc, kind, port + offset)
        write(
            f"{etc}/{kind}-server.conf", *common, f"devices = {data}/node", "mount_check = false", "disable_fallocate = true", f"bind_port = {port + offset}",
            "[pipeline:main]", f"pipeline = {kind}-server",
            f"[app:{kind}-server]", f"use = egg:swift#{kind}", *patience,
        )  # fmt: skip
    filters = {
        "catch_errors": [], "gatekeeper": [], "healthcheck": [], "listing_formats": [], "bulk": [], "copy": [], "slo": [], "dlo": [], "symlink": [],
        # Nobody listens on port 1: a cache that never answers, at no cost.
        "cache": ["memcache_servers = 127.0.0.1:1"],
        "s3api": [f"location = {os.environ['SWIFT_S3_REGION']}", "dns_compliant_bucket_names = false", "allow_multipart_uploads = true", "max_bucket_listing = 1000"],
        "tempauth": [f"user_{account}_{user} = {secret} .admin"],
        "versioned_writes": ["allow_versioned_writes = true", "allow_object_versioning = true"],
    }  # fmt: skip
    order = "head_length catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth copy slo dlo versioned_writes symlink proxy-server"
    sections = ["[filter:head_length]", "paste.filter_factory = head_length:filter_factory"]
    for name, options in filters.items():
        sections += [f"[filter:{name}]", f"use = egg:swift#{'memcache' if name == 'cache' else name}", *options]
    write(
        f"{etc}/proxy-server.conf", *common, f"bind_port = {port}",
        "[pipeline:main]", f"pipeline = {order}",
        "[app:proxy-server]", "use = egg:swift#proxy", "account_autocreate = true", "error_suppression_interval = 1", *patience[:2],
        *sections,
    )  # fmt: skip


def load_once():
    """Loads what all four servers need before they fork: a fourth of the processor time, and shared memory."""
    import paste.deploy.loadwsgi  # noqa: F401
    import swift.account.server  # noqa: F401
    import swift.common.middleware.s3api.s3api  # noqa: F401
    import swift.common.wsgi  # noqa: F401
    import swift.container.server  # noqa: F401
    import swift.obj.server  # noqa: F401
    import swift.proxy.server  # noqa: F401


def serve(etc, kind):
    """Runs one server in this (forked) process until it ends."""
    import swift.common.utils as utils
    import swift.common.wsgi as wsgi

    utils.SWIFT_CONF_FILE = f"{etc}/swift.conf"
    if hasattr(utils, "set_swift_dir"):
        utils.set_swift_dir(etc)
    # A user without a passwd entry has no name to drop privileges to, and nobody here has privileges to drop.
    wsgi.drop_privileges = lambda *_: None
    # It would leave the process group by which the launcher ends us.
    wsgi.clean_up_daemon_hygiene = lambda: None
    callback = {}
    if kind == "object":
        from swift.obj.server import global_conf_callback

        callback = {"global_conf_callback": global_conf_callback}
    os._exit(wsgi.run_wsgi(f"{etc}/{kind}-server.conf", f"{kind}-server", **callback) or 0)


def main():
    data, port = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    etc = os.path.join(data, "etc")
    os.makedirs(etc, exist_ok=True)
    os.makedirs(os.path.join(data, "node", "d1"), exist_ok=True)
    check_xattrs(data)
    write_configuration(data, etc, port)
    load_once()
    children = {}

    def stop(*_):
        for pid in children:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass

    for kind in (*SERVERS, "proxy"):
        pid = os.fork()
        if pid == 0:
            # Should this process be killed, the servers must not go on without it and hold its ports.
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            serve(etc, kind)
        children[pid] = kind
    stopping = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: (stopping.append(True), stop()))
    while children:
        pid, status = os.wait()
        kind = children.pop(pid)
        if not stopping:
            print(f"the {kind} server ended with status {status}: stopping the others", flush=True)
            stopping.append(False)
            stop()
    sys.exit(0 if stopping[0] else 1)


main()
