import type { Outgoing } from "../../src/link/link.ts";
import { formatHex } from "../../src/wire/hex.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { type SeenReply, testLinkContract } from "../contract/link.ts";
import { type ProbedWorld, testProbingContract } from "../contract/probing.ts";
import { MemoryLink } from "../support/memory_link.ts";

testLinkContract("MemoryLink", Deno.test, () => Promise.resolve(makeMemoryWorld()));
testProbingContract("MemoryLink", Deno.test, () => Promise.resolve(makeMemoryWorld()));

const HOST_HARDWARE_ADDRESS = "02:00:00:00:00:50";

function makeMemoryWorld(): ProbedWorld {
  const inhabited = new Set<string>();
  const link = new MemoryLink(["lan0"]);
  link.addInterface("lan0", "192.168.1.1/24", "10.9.0.1/16");
  link.addInterface("wan0", "203.0.113.1/24");
  let timer: ReturnType<typeof setTimeout> | undefined;
  link.onWait = (waitMs) => {
    clearTimeout(timer);
    timer = setTimeout(() => link.wake(), waitMs);
  };
  link.onProbe = ({ address, ingress: { interfaceName, interfaceIndex } }) => {
    if (!inhabited.has(`${interfaceName} ${formatIpv4(address)}`)) return;
    link.answer({
      address,
      heard: { interfaceIndex, hardwareAddress: HOST_HARDWARE_ADDRESS },
    });
  };
  return {
    link,
    hostHardwareAddress: HOST_HARDWARE_ADDRESS,
    inhabit: (name, address) => {
      inhabited.add(`${name} ${address}`);
      return Promise.resolve();
    },
    arrive: (name, ...datagrams) => {
      for (const { text, source, destination, sourcePort, serverPort } of datagrams) {
        const bytes = new TextEncoder().encode(text);
        link.inject(name, bytes, source, destination, sourcePort, serverPort);
      }
      return Promise.resolve();
    },
    seen: (name) => {
      const here = link.sent.filter(({ ingress }) => ingress.interfaceName === name);
      return Promise.resolve(here.map(asSeen));
    },
    addInterface: (...args) => Promise.resolve(link.addInterface(...args)),
    removeInterface: (...args) => Promise.resolve(link.removeInterface(...args)),
    setUp: (...args) => Promise.resolve(link.setUp(...args)),
    addAddress: (...args) => Promise.resolve(link.addAddress(...args)),
    [Symbol.asyncDispose]: () => {
      clearTimeout(timer);
      return Promise.resolve(link.close());
    },
  };
}

function asSeen({ bytes, destination }: Outgoing): SeenReply {
  const text = new TextDecoder().decode(bytes);
  switch (destination.kind) {
    case "broadcast":
      return { text, destination: "255.255.255.255", port: 68, hardwareAddress: undefined };
    case "hardware":
      return {
        text,
        destination: formatIpv4(destination.address),
        port: 68,
        hardwareAddress: formatHex(destination.hardwareAddress),
      };
    case "relay":
    case "unicast": {
      const port = destination.port ?? (destination.kind === "relay" ? 67 : 68);
      return {
        text,
        destination: formatIpv4(destination.address),
        port,
        hardwareAddress: undefined,
      };
    }
  }
}
