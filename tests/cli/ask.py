# SPDX-License-Identifier: GPL-2.0-or-later
# ask.py ANSWERS CMD...: runs CMD on a terminal of its own and gives it the next of ANSWERS (Python,
# a list of bytes; b"\x03" is Ctrl-C, b"\x04" the end of input) whenever it asks. Prints what the
# terminal showed, how often it was asked, whether it echoes afterwards, and how CMD ended.
import ast, os, pty, select, signal, sys, termios, time

answers, asked, seen, end = ast.literal_eval(sys.argv[1]), 0, b"", time.time() + 60
pid, fd = pty.fork()
if pid == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # what runs in the background ignores it
    os.execv(sys.argv[2], sys.argv[2:])
while time.time() < end:
    try:
        if select.select([fd], [], [], 0.05)[0]:
            seen += os.read(fd, 65536)
    except OSError:
        break
    echo = termios.tcgetattr(fd)[3] & termios.ECHO
    if seen.count(b"': ") > asked and not echo:
        os.write(fd, answers[asked] if asked < len(answers) else b"\x03")
        asked += 1
else:
    os.kill(pid, 9)
_, status = os.waitpid(pid, 0)
print(seen.decode().replace("\r", ""))
print("asked", asked)
print("echo", "on" if echo else "off")
print("exit", os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status))
