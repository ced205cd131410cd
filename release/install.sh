#!/bin/sh
# 安装到一个文件夹，不用联网。用法：sh install.sh [目录]，默认是 ~/xxgk
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-"$HOME/xxgk"}
cd "$here"

if command -v sha256sum >/dev/null; then
    sha256sum --check --quiet SHA256SUMS || { echo "安装包不完整或被改过，请重新拷贝。" >&2; exit 1; }
fi

python=
for version in 3.13 3.12 3.11; do
    [ -f "requirements-$version.txt" ] || continue
    for name in ${XXGK_PYTHON:-} "python$version" python3 python; do
        found=$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true)
        if [ "$found" = "$version" ]; then
            python=$name
            break 2
        fi
    done
done
if [ -z "$python" ]; then
    echo "这台机器上没有合适的 Python。请先安装下面之一，再运行一次：" >&2
    for file in requirements-*.txt; do version=${file#requirements-}; echo "  Python ${version%.txt}" >&2; done
    exit 1
fi

echo "使用 $("$python" --version)，安装到 $target"
"$python" -m venv "$target"
"$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels \
    --require-hashes -r "requirements-$version.txt"
"$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps wheels/xxgk-*.whl
"$target/bin/xxgk" --version
echo "装好了：$target/bin/xxgk。先试一试：$target/bin/xxgk demo；说明在 docs/manual.md。"
