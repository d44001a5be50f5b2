"""What may not be written into any file: this machine, a registry's host, a requirement without its hash."""

from __future__ import annotations

import re

from tests.tidy.house import ROOT, files, none_of, read

# Put together here, so that the rule does not find itself.
HOMES = "work|root|tmp|var/folders"
MACHINE_PATH = re.compile(rf"(?<![\w.)}}\]/~])/(?:{HOMES})/\w")
HOSTS = "|".join(["py" + r"pi\.org", "pythonhosted" + r"\.org", "registry" + r"\.npmjs", "deb" + r"\.debian"])
REGISTRY = re.compile(rf"\b(?:{HOSTS})")
URL = re.compile(r"\b(?:https?|file|git)(?:\+\w+)?://| @ |--(?:extra-)?index-url|--find-links|--trusted-host")
PIN = re.compile(r"^[\w.\[\],-]+==[\w.!+]+")


def lines_with(pattern: re.Pattern[str], path: str) -> list[str]:
    try:
        lines = read(path).splitlines()
    except UnicodeDecodeError:
        return []
    return [f"{path}:{n} {line.strip()[:100]}" for n, line in enumerate(lines, 1) if pattern.search(line)]


def unlocked(requirements: str) -> list[str]:
    """Return what a lock file holds besides exact versions with hashes."""
    entries = requirements.replace("\\\n", " ").splitlines()
    wanted = [entry for entry in entries if entry.strip() and not entry.startswith("#")]
    return [e[:100] for e in wanted if not PIN.match(e) or "--hash=sha256:" not in e or URL.search(e)]


def test_no_file_names_a_path_of_this_machine() -> None:
    none_of([line for path in files() for line in lines_with(MACHINE_PATH, path)], "paths of a machine:")


def test_no_file_names_a_package_registry() -> None:
    none_of([line for path in files() for line in lines_with(REGISTRY, path)], "hosts of package registries:")


def test_requirements_are_locked_by_hash_and_name_no_host() -> None:
    locks = [path for path in files() if re.fullmatch(r"requirements/\w+\.txt", path)]
    assert {"requirements/run.txt", "requirements/dev.txt", "requirements/bench.txt"} <= set(locks)
    none_of([f"{path}: {entry}" for path in locks for entry in unlocked(read(path))], "not locked:")


def test_one_version_of_everything() -> None:
    versions: dict[str, set[str]] = {}
    for lock in ("run", "dev", "bench"):
        for line in read(f"requirements/{lock}.txt").splitlines():
            if PIN.match(line):
                pin = line.rstrip(" \\")
                versions.setdefault(re.split(r"==|\[", pin)[0] + pin.partition(";")[2], set()).add(pin)
    none_of([", ".join(sorted(v)) for v in versions.values() if len(v) > 1], "locked in two versions:")


def test_every_command_of_the_makefile_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony
    helped = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))
    none_of(
        [name for name in phony.group(1).split() if name not in helped], "commands without a line of help:"
    )


def test_the_rules_see_what_they_forbid() -> None:
    assert MACHINE_PATH.search("see " + "/wor" + "k/main")
    assert MACHINE_PATH.search('"' + "/tm" + 'p/x"')
    assert not MACHINE_PATH.search("https://example.com/work/orders")
    assert not MACHINE_PATH.search("/rest/v1.0/projects/{id}/work/x")
    assert REGISTRY.search("https://py" + "pi.org/simple")
    good = "a==1.0 \\\n    --hash=sha256:00\n"
    assert unlocked(good) == []
    assert unlocked("a==1.0\n")
    assert unlocked("a>=1.0 --hash=sha256:00\n")
    assert unlocked("a @ https://example.com/a.whl --hash=sha256:00\n")
    assert unlocked("--index-url https://example.com\n" + good)
