"""Which names matter: those never written into a person's folder, those left out of a copy, those worth a look.

*Protected* is what some other program of the person runs or obeys by itself, without their asking for it: version
control with its hooks, shells and editors that load a folder's files, tools that install hooks. What a person runs by
name (a Makefile, package.json, a test) is not protected, since a program that may change code may change those as
well; it is marked in the list of changes instead.
"""

from __future__ import annotations

import unicodedata
from fnmatch import fnmatchcase

_PROTECTED = frozenset({
    ".git", ".hg", ".svn", ".bzr", ".jj", "cvs", ".githooks", ".husky", ".hooks", ".gitmodules", ".gitconfig",
    ".pre-commit-config.yaml", ".pre-commit-config.yml", ".pre-commit-hooks.yaml", "lefthook.yml", ".lefthook.yml",
    "lefthook.yaml", ".lefthook.yaml", ".overcommit.yml", ".lintstagedrc", ".simple-git-hooks.json",
    ".envrc", ".direnv", ".autoenv", ".mise.toml", "mise.toml", ".mise", ".rtx.toml", ".asdfrc", "devbox.json",
    ".vscode", ".idea", ".fleet", ".zed", ".devcontainer", ".devcontainer.json", ".vim", ".vimrc", ".exrc", ".nvimrc",
    ".nvim.lua", ".nvim", ".emacs", ".emacs.d", ".dir-locals.el", ".dir-locals-2.el", ".projectile", ".sublime-project",
    ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile", ".zshrc", ".zshenv",
    ".zprofile", ".zlogin", ".login", ".cshrc", ".tcshrc", ".kshrc", ".inputrc", ".pythonrc", ".pythonstartup",
    ".config", ".local", ".ssh", ".gnupg", ".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", ".pypirc", ".netrc",
    ".gdbinit", ".lldbinit", ".claude", ".cursor", ".aider.conf.yml", ".mcp.json", ".gemini", ".codex",
    "sitecustomize.py", "usercustomize.py", "autorun.inf", "desktop.ini", ".ds_store",
})  # fmt: skip
_PROTECTED_PATTERNS = ("*.pth", "*.desktop", "*.code-workspace", "git~?", ".git.*")

_SECRETS = (
    ".env", ".env.*", "*.env", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.kdb", "*.ppk",
    "*.gpg", "*.asc", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".netrc", "_netrc", ".pgpass", ".my.cnf",
    ".npmrc", ".pypirc", ".git-credentials", ".htpasswd", "credentials", "credentials.json", "credentials.toml",
    "client_secret*.json", "service-account*.json", "secrets.*", ".secrets", ".aws", ".azure", ".gcloud", ".ssh",
    ".gnupg", ".kube", ".docker", ".password-store", "*.tfstate", "*.tfstate.*", ".bash_history", ".zsh_history",
    ".python_history",
)  # fmt: skip
_NOT_SECRET = frozenset({".env.example", ".env.sample", ".env.template", ".env.dist"})

_BUILT = frozenset({
    "node_modules", "__pycache__", ".venv", "venv", ".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache",
    ".hypothesis", ".ipynb_checkpoints", ".gradle", ".terraform", ".next", ".nuxt", ".parcel-cache", ".cache",
    ".eggs", "bower_components", ".bundle", ".dart_tool",
})  # fmt: skip

_LOOK = (
    "makefile", "gnumakefile", "*.mk", "justfile", "package.json", "setup.py", "setup.cfg", "pyproject.toml",
    "noxfile.py", "conftest.py", "dockerfile*", "docker-compose*.y*ml", "compose.y*ml", "procfile", "*.sh", "*.bash",
    "*.ps1", "*.bat", "*.cmd", ".github", ".gitlab-ci.yml", ".circleci", "jenkinsfile", ".gitattributes", "build.rs",
    "cmakelists.txt", "gemfile", "rakefile", "tox.ini",
)  # fmt: skip
# Characters that some file systems ignore in names: `.g<zero width>it` is `.git` there.
_IGNORED = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff")


def protected(path: str) -> bool:
    """Whether a change of this path is never written, by whichever name a file system may know it."""
    return any(
        name in _PROTECTED or any(fnmatchcase(name, pattern) for pattern in _PROTECTED_PATTERNS)
        for name in map(_plain, path.split("/"))
    )


def secret(name: str) -> bool:
    """Whether files or folders of this name usually hold passwords or keys."""
    name = _plain(name)
    return name not in _NOT_SECRET and any(fnmatchcase(name, pattern) for pattern in _SECRETS)


def built(name: str) -> bool:
    """Whether folders of this name are made by tools and can be made again."""
    return _plain(name) in _BUILT


def versioned(name: str) -> bool:
    """Whether this is the store of a version control system."""
    return _plain(name) in (".git", ".hg", ".svn", ".bzr", ".jj")


def runs_code(path: str) -> bool:
    """Whether the person's other programs run what stands in this file once they are started by name."""
    names = [_plain(part) for part in path.split("/")]
    return any(fnmatchcase(name, pattern) for name in names for pattern in _LOOK)


def _plain(name: str) -> str:
    """A name as the most careless file system compares it: no case, no ignored characters, nothing at its end."""
    kept = "".join(c for c in unicodedata.normalize("NFKC", name) if c not in _IGNORED)
    return kept.casefold().split(":")[0].rstrip(" .")
