/**
 * Moves the thread that runs the tests into a network namespace and back (setns(2)). Sockets stay
 * in the namespace they were opened in, so one process can sit on both ends of a cable.
 */

const O_RDONLY = 0;
const CLONE_NEWNET = 0x4000_0000;

const libc = Deno.dlopen("libc.so.6", {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  setns: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
}).symbols;

/** Enters the namespace that `ip netns add` made; dispose goes back to where the thread was. */
export function enterNamespace(name: string): Disposable {
  const home = open("/proc/thread-self/ns/net");
  enter(`/run/netns/${name}`);
  return {
    [Symbol.dispose]: () => {
      if (libc.setns(home, CLONE_NEWNET) !== 0) throw new Error("cannot go back from a namespace");
      libc.close(home);
    },
  };
}

function enter(path: string): void {
  const fd = open(path);
  const result = libc.setns(fd, CLONE_NEWNET);
  libc.close(fd);
  if (result !== 0) throw new Error(`cannot enter ${path}`);
}

function open(path: string): number {
  const fd = libc.open(new TextEncoder().encode(path + "\0"), O_RDONLY);
  if (fd < 0) throw new Error(`cannot open ${path}`);
  return fd;
}
