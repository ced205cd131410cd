@echo off
chcp 65001 >nul
setlocal enabledelayedexpansion
rem 安装到一个文件夹，不用联网。用法：安装.bat [目录]，默认是 %LOCALAPPDATA%\xxgk
cd /d "%~dp0"
set "target=%~1"
if "%target%"=="" set "target=%LOCALAPPDATA%\xxgk"

set "python="
for %%v in (3.13 3.12 3.11) do (
    if not defined python if exist "requirements-%%v.txt" (
        py -%%v -c "import struct, sys; sys.exit(struct.calcsize('P') != 8)" >nul 2>nul
        if not errorlevel 1 (
            set "python=py -%%v"
            set "version=%%v"
        )
    )
)
if not defined python (
    echo 这台机器上没有合适的 Python。请先安装 64 位的 Python 3.11、3.12 或 3.13（勾选 py launcher），再运行一次。
    pause
    exit /b 1
)

echo 使用 Python %version%，安装到 %target%
%python% -m venv "%target%" || goto failed
"%target%\Scripts\python.exe" -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels --require-hashes -r "requirements-%version%.txt" || goto failed
for %%w in (wheels\xxgk-*.whl) do "%target%\Scripts\python.exe" -m pip install --quiet --disable-pip-version-check --no-index --no-deps "%%w" || goto failed
"%target%\Scripts\xxgk.exe" --version || goto failed
echo 装好了：%target%\Scripts\xxgk.exe。先试一试：在命令行运行 "%target%\Scripts\xxgk.exe" demo；说明在 docs\manual.md。
pause
exit /b 0

:failed
echo 没有装成，请把上面的内容发给技术支持。
pause
exit /b 1
