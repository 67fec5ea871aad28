#!/usr/bin/python3
"""Starts machines whose root file system is an archive of tar with mistakes and malice in it.

Usage: archives.py SECONDS [SEED]     (MARTLET names the program, .build/release/martlet without it)

Nothing may be written beside the kept images, every start ends, and what can't be unpacked is one line. With
PLANT=1 a tar that writes elsewhere stands in PATH, which has to be found. Prints the seed, and what was found.
"""
import io, os, random, shutil, subprocess, sys, tarfile, tempfile, time

seconds = float(sys.argv[1])
seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 32)
martlet = os.path.abspath(os.environ.get("MARTLET", ".build/release/martlet"))
rng = random.Random(seed)
work = tempfile.mkdtemp(prefix="martlet-archives-")
cache, outside = f"{work}/cache", f"{work}/outside"
os.makedirs(cache)
os.makedirs(outside)
absolute = "/martlet-fuzz-absolute"


def archive():
    """An archive of all kinds of entries, in one of three formats."""
    file = io.BytesIO()
    kind = rng.choice([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    headers = {"SCHILY.xattr.user.one": "value"} if kind == tarfile.PAX_FORMAT else {}
    with tarfile.open(fileobj=file, mode="w", format=kind) as tar:
        def add(name, data=b"", **values):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            entry.mode = rng.choice([0, 0o444, 0o644, 0o755, 0o1777, 0o6755, 0o7777])
            entry.mtime = rng.choice([0, 1, 1 << 31, 1 << 33 if kind != tarfile.USTAR_FORMAT else 1 << 32])
            entry.uid = rng.choice([0, 1, 1000, 65534, 2097151])
            entry.pax_headers = dict(headers)
            for key, value in values.items():
                setattr(entry, key, value)
            tar.addfile(entry, io.BytesIO(data))
        busybox = open("/bin/busybox", "rb").read()
        entries = [
            lambda: add("folder", type=tarfile.DIRTYPE), lambda: add("folder/file", b"text" * 300),
            lambda: add("link", type=tarfile.SYMTYPE, linkname="folder/file"),
            lambda: add("hard", type=tarfile.LNKTYPE, linkname="folder/file"),
            lambda: add("pipe", type=tarfile.FIFOTYPE),
            lambda: add("device", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
            lambda: add("n" * 90 + "/" + "m" * 60, b"x") if kind != tarfile.USTAR_FORMAT else None,
        ]
        # Most of these tar refuses, and with it the whole.
        hostile = [
            lambda: add("out", type=tarfile.SYMTYPE, linkname=outside), lambda: add("out/through", b"x"),
            lambda: add("up", type=tarfile.SYMTYPE, linkname="../.."), lambda: add("up/through", b"x"),
            lambda: add("../escaped", b"x"), lambda: add("folder/../../escaped", b"x"),
            lambda: add(absolute, b"x"), lambda: add("hard-out", type=tarfile.LNKTYPE, linkname=f"{outside}/secret"),
            lambda: add("", b""), lambda: add("bin/busybox", busybox, mode=0o644),
        ]
        entries += [entry for entry in hostile if rng.random() < 0.08]
        rng.shuffle(entries)
        for entry in entries[: rng.randrange(3, len(entries) + 1)]:
            entry()
        if rng.random() < 0.5:
            add("bin/busybox", busybox, mode=0o755)
    return bytearray(file.getvalue())


def damage(data):
    for _ in range(rng.choice([0, 1, 1, 2, 5, 20])):
        headers = [at for at in range(0, len(data) - 512, 512) if data[at + 257 : at + 262] == b"ustar"]
        if not headers:
            break
        at = rng.choice(headers)
        field, length = rng.choice([(0, 100), (100, 8), (108, 8), (124, 12), (136, 12), (156, 1), (157, 100), (345, 155)])
        for _ in range(rng.choice([1, 2, length])):
            data[at + field + rng.randrange(length)] = rng.choice([0, 0x2F, 0x2E, 0x37, 0x80, 0xFF, rng.randrange(256)])
        if rng.random() < 0.8:
            # A checksum that fits, so that tar goes on.
            data[at + 148 : at + 156] = b" " * 8
            data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])
    if rng.random() < 0.2:
        del data[rng.randrange(len(data)) :]
    return bytes(data)


def problem(name, result):
    if os.listdir(outside):
        return f"wrote outside: {os.listdir(outside)}"
    if os.path.lexists(absolute):
        return f"wrote {absolute}"
    names = set(os.listdir(work)) - {"cache", "outside", name, "bin"}
    if names or set(os.listdir(cache)) - {"martlet"}:
        return f"wrote beside the images: {names} {os.listdir(cache)}"
    kept = [file for file in os.listdir(f"{cache}/martlet")] if os.path.isdir(f"{cache}/martlet") else []
    strange = [file for file in kept if not file.startswith(name + "-") or not file.endswith((".erofs", ".manifest", ".lock"))]
    if strange:
        return f"left {strange}"
    lines = result.stderr.decode(errors="replace").strip().splitlines()
    if result.returncode not in (0, 1):
        return f"status {result.returncode}: {lines[-3:]}"
    if result.returncode == 1 and (len(lines) != 1 or not lines[0].startswith("martlet: ")):
        return f"not one line: {lines[:4]}"
    return None


environment = dict(os.environ, XDG_CACHE_HOME=cache)
if os.environ.get("PLANT"):
    os.mkdir(f"{work}/bin")
    with open(f"{work}/bin/tar", "w") as stand_in:
        stand_in.write(f'#!/bin/sh\n/usr/bin/tar "$@" || touch {outside}/planted\n')
    os.chmod(f"{work}/bin/tar", 0o755)
    environment["PATH"] = f"{work}/bin:{environment['PATH']}"

count, started, found = 0, 0, None
end = time.monotonic() + seconds
try:
    while time.monotonic() < end and found is None:
        count += 1
        name = "archive.tar"
        data = damage(archive())
        with open(f"{work}/{name}", "wb") as file:
            file.write(data)
        try:
            result = subprocess.run(
                [martlet, "run", "--rootfs", f"{work}/{name}", "/bin/busybox", "true"], env=environment,
                stdin=subprocess.DEVNULL, capture_output=True, timeout=60, cwd="/")
            started += result.returncode == 0
            found = problem(name, result)
        except subprocess.TimeoutExpired:
            found = "did not end within 60 s"
        if found:
            folder = ".build-fuzz/found/tar"
            os.makedirs(folder, exist_ok=True)
            shutil.copy(f"{work}/{name}", f"{folder}/{seed}-{count}.tar")
            print(f"found by seed {seed}, archive {count}: {found}; kept in {folder}")
        shutil.rmtree(f"{cache}/martlet", ignore_errors=True)
finally:
    subprocess.run(["chmod", "-R", "u+rwx", work])
    shutil.rmtree(work, ignore_errors=True)
print(f"{count} archives, {started} of them started; seed {seed}")
sys.exit(77 if found else 0)
