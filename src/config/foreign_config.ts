/** Files of other DHCP servers, given or pasted in place of ours. */
import { explain } from "./explanation.ts";
import type { Explanation } from "./problem.ts";

/** A program, and what a line of its file looks like that none of ours does. */
interface ForeignForm {
  readonly program: string;
  readonly line: RegExp;
}

/** Words of dnsmasq that stand alone, and those that have a value. */
const DNSMASQ_FLAGS =
  "domain-needed|bogus-priv|expand-hosts|bind-interfaces|bind-dynamic|no-ping|" +
  "no-hosts|no-resolv|enable-tftp|read-ethers|leasefile-ro|log-queries";
const DNSMASQ_KEYS = "interface|except-interface|listen-address|no-dhcp-interface|resolv-file|" +
  "addn-hosts|hostsdir|conf-dir|conf-file|domain|local|server|address|tftp-root|pxe-service|" +
  "pxe-prompt|cache-size|port";

const FORMS: readonly ForeignForm[] = [
  {
    program: "dnsmasq",
    line: new RegExp(
      String.raw`^\s*(?:dhcp-[a-z0-9-]+(?:=.*)?|(?:${DNSMASQ_KEYS})=\S.*|${DNSMASQ_FLAGS})` +
        String.raw`\s*(?:#.*)?$`,
    ),
  },
  {
    program: "ISC dhcpd",
    // A statement ends with its semicolon; no key of ours stands without its colon.
    line: new RegExp(
      String.raw`^\s*(?:[a-z][a-z-]*\s[^;]*;.*|authoritative\s*;.*|subnet\s+[\d.]+\s+netmask\s.*|` +
        String.raw`(?:shared-network|host|group|class|subclass|pool)\b[^:]*\{.*)$`,
    ),
  },
  { program: "Kea", line: /"(?:Dhcp4|Dhcp6|DhcpDdns|subnet4|Control-agent)"\s*:/ },
  { program: "OpenWrt", line: /^\s*config\s+(?:dhcp|dnsmasq|host)\b(?!:)/ },
  { program: "udhcpd", line: /^\s*(?:start|end)\s+\d+\.\d+\.\d+\.\d+\s*(?:#.*)?$/ },
  { program: "systemd-networkd", line: /^\s*\[(?:DHCPServer|DHCPServerStaticLease|Match)\]\s*$/ },
  { program: "RouterOS", line: /^\s*\/ip[ /]dhcp-server\b/ },
];

/**
 * What is said of the first line that another program's file has, with its offset; `undefined`
 * when there is none.
 */
export function findForeignLine(
  text: string,
): (Explanation & { readonly offset: number }) | undefined {
  let start = 0;
  for (const line of text.split("\n")) {
    const form = FORMS.find((it) => it.line.test(line));
    if (form !== undefined) {
      const offset = start + line.length - line.trimStart().length;
      return { ...explain(`this is written for ${form.program}, not for Sublet`, HINT), offset };
    }
    start += line.length + 1;
  }
  return undefined;
}

const HINT = "`sublet init` prints a config to begin with, and docs/COMING_FROM.md tells how we " +
  "write what stands here";
