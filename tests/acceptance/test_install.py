"""Setting up says what is missing and what to do about it. The real set-up is what runs these tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

INSTALL = Path(__file__).resolve().parents[2] / "requirements" / "install.sh"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of programs that stands for a whole machine: what is not in it is not installed."""
    programs = tmp_path / "some programs"
    programs.mkdir()
    (programs / "sh").symlink_to(shutil.which("sh") or "sh")
    return programs


def program(machine: Path, name: str, script: str) -> None:
    path = machine / name
    path.write_text(f"#!{shutil.which('sh')}\n{script}\n")
    path.chmod(0o755)


def install(machine: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(INSTALL), "requirements.txt"],
        cwd=machine.parent,
        env={"PATH": str(machine), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def python_without_ensurepip(machine: Path) -> None:
    refuse = 'case "$2" in *ensurepip*) exit 1;; esac'
    program(machine, "python3", f'{refuse}\nexec "{sys.executable}" "$@"')


def test_without_python_it_says_so(machine: Path) -> None:
    answer = install(machine)
    assert answer.returncode == 1
    assert "No Python 3.11 or newer was found" in answer.stderr
    assert "PYTHON=" in answer.stderr


def test_a_name_that_is_no_python_is_passed_over(machine: Path) -> None:
    program(machine, "python3.12", 'echo "python3.12: command not found"; exit 127')
    assert "No Python 3.11 or newer" in install(machine).stderr


def test_an_old_python_is_not_taken(machine: Path) -> None:
    program(machine, "python3", "exit 1")
    assert "No Python 3.11 or newer" in install(machine, PYTHON="python3").stderr


def test_without_ensurepip_a_user_is_told_what_to_install(machine: Path) -> None:
    python_without_ensurepip(machine)
    program(machine, "id", "echo 1000")
    program(machine, "apt-get", "echo called >> apt.log")
    answer = install(machine)
    assert answer.returncode == 1
    assert f"apt-get install python{sys.version_info[0]}.{sys.version_info[1]}-venv" in answer.stderr
    assert not (machine.parent / "apt.log").exists()


def test_without_ensurepip_root_has_it_installed(machine: Path) -> None:
    python_without_ensurepip(machine)
    program(machine, "id", "echo 0")
    program(machine, "apt-get", 'echo "$*" >> apt.log')
    answer = install(machine)
    wanted = f"install -y -qq python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    assert (machine.parent / "apt.log").read_text().splitlines() == ["update -qq", wanted]
    assert answer.returncode == 1, "this stand-in installs nothing, so the set-up still stops with advice"
    assert not (machine.parent / ".venv").exists()


def test_the_makefile_lists_its_commands() -> None:
    make = shutil.which("make")
    assert make
    answer = subprocess.run(
        [make], cwd=INSTALL.parents[1], env=dict(os.environ), capture_output=True, text=True, check=True
    )
    for command in ("setup", "demo", "test", "check", "bench", "simulate", "docs", "lock"):
        assert f"make {command} " in answer.stdout
