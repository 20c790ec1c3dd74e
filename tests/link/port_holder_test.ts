/** Which program has a UDP port. */
import assert from "node:assert/strict";
import { describeHolder, findPortHolder } from "../../src/link/port_holder.ts";

const UDP =
  `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  12: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 111 2 0 0
  13: 00000000:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 222 2 0 0
`;

async function withProc(run: (path: string) => void): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${path}/thread-self/net`, { recursive: true });
    await Deno.writeTextFile(`${path}/thread-self/net/udp`, UDP);
    for (const [pid, name, inode] of [["7", "dhclient", "111"], ["812", "dnsmasq", "222"]]) {
      await Deno.mkdir(`${path}/${pid}/fd`, { recursive: true });
      await Deno.writeTextFile(`${path}/${pid}/comm`, `${name}\n`);
      await Deno.symlink(`socket:[${inode}]`, `${path}/${pid}/fd/4`);
    }
    run(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test("a port that is taken is told with the program that has it, and how to stop that", () =>
  withProc((path) => {
    const holder = findPortHolder(67, path);
    assert.deepEqual(holder, { name: "dnsmasq", pid: 812 });
    assert.equal(
      describeHolder(holder),
      "dnsmasq (pid 812) has it; to stop it: systemctl disable --now dnsmasq",
    );
    assert.match(describeHolder({ name: "x", pid: 9 }), /x \(pid 9\) has it; to stop it: kill 9/);
  }));

Deno.test("where nobody has the port, or nobody may see who, it is asked for another server", () =>
  withProc((path) => {
    assert.equal(findPortHolder(69, path), undefined);
    assert.equal(findPortHolder(67, `${path}/nowhere`), undefined);
    assert.equal(describeHolder(undefined), "is another DHCP server running?");
  }));
