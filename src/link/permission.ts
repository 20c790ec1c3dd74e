/** Finds out, before anything is served, whether the sockets of a DHCP server may be opened. */
import { openFrameSocket, openServerSocket } from "./sockets.ts";
import { closeFd, type Fd, SystemCallError } from "./libc.ts";
import { PermissionError } from "./link_error.ts";

/** Linux has it always, and binding to it shows whether binding to a device is allowed. */
const LOOPBACK_NAME = "lo";

/**
 * Tries, with sockets closed at once, what serving needs. This tells of a missing capability at
 * start even when no listed interface is there yet. Other obstacles are not judged here: on an
 * interface that is served they show when its own socket is opened.
 *
 * Throws PermissionError.
 */
export function assertPermitted(serverPort: number): void {
  const missing: string[] = [];
  // A sysctl (net.ipv4.ip_unprivileged_port_start) may allow the port without the capability.
  if (isRefused(() => openServerSocket(LOOPBACK_NAME, serverPort), "bind")) {
    missing.push("CAP_NET_BIND_SERVICE");
  }
  if (
    isRefused(() => openServerSocket(LOOPBACK_NAME, serverPort), "setsockopt") ||
    isRefused(openFrameSocket, "socket")
  ) {
    missing.push("CAP_NET_RAW");
  }
  if (missing.length > 0) throw new PermissionError(permissionAdvice(missing, serverPort));
}

/** Whether `open` fails in the given call for want of permission. */
function isRefused(open: () => Fd, call: string): boolean {
  try {
    closeFd(open());
    return false;
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    return error.call === call && (error.errno === "EPERM" || error.errno === "EACCES");
  }
}

const PURPOSES: Readonly<Record<string, (serverPort: number) => string>> = {
  CAP_NET_BIND_SERVICE: (serverPort) => `to use UDP port ${serverPort}`,
  CAP_NET_RAW: () => "to bind to an interface and send raw frames",
};

function permissionAdvice(missing: readonly string[], serverPort: number): string {
  const needs = missing.map((name) => `${name} ${PURPOSES[name]!(serverPort)}`).join(" and ");
  return `missing ${needs}: run as root, or grant it with ` +
    `"sudo setcap cap_net_bind_service,cap_net_raw=+ep ${Deno.execPath()}", or in a systemd unit ` +
    `with "AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_NET_RAW"`;
}
