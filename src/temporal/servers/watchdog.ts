/**
 * Lines of a POSIX shell script that are followed by `exec <server>`: they end the server when the process that
 * started it is gone, however that died, so that no server is left behind.
 */
export const watchdogLines = `parent=$PPID; self=$$
(while kill -0 "$parent" && kill -0 "$self"; do sleep 1; done; kill "$self") </dev/null >/dev/null 2>&1 &`;
