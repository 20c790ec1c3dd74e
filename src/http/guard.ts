/**
 * Who is answered. The page is on a machine that browsers reach, so any web page that somebody
 * looks at may make their browser ask for it: under a name that suddenly leads here (DNS
 * rebinding), or from its own script. And whoever reaches the address may ask himself.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import type { StatusEndpoint } from "../config/config.ts";
import { quote } from "../wire/escape.ts";

/**
 * What every answer tells a browser: to run, frame, embed, sniff and keep nothing of it. There is
 * no Access-Control-Allow-Origin, so no script of another site can read it.
 */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Content-Security-Policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/** Puts what browsers must be told on every answer, refusals and errors included. */
export const setSecurityHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    context.res.headers.set(name, value);
  }
};

/** Refuses requests that are meant for another site, come from one, or lack the token. */
export function guard({ token, names }: Pick<StatusEndpoint, "token" | "names">) {
  const known = new Set(["localhost", ...names]);
  const secret = token === undefined ? undefined : digest(token);

  const guarding: MiddlewareHandler = async (context, next) => {
    const { hostname, host } = new URL(context.req.url);
    // An address in place of a name cannot be made to lead elsewhere.
    if (!isAddress(hostname) && !known.has(hostname)) {
      const advice = "ask by address, or list the name in `status: { names: [...] }`";
      return context.text(`this page does not go by the name ${quote(hostname)}: ${advice}\n`, 421);
    }
    const origin = context.req.header("Origin");
    if (origin !== undefined && hostOf(origin) !== host) {
      return context.text("this page is not for scripts of other sites\n", 403);
    }
    if (secret !== undefined && !timingSafeEqual(digest(bearerOf(context)), secret)) {
      context.header("WWW-Authenticate", "Bearer");
      return context.text("this page wants `Authorization: Bearer TOKEN`\n", 401);
    }
    return await next();
  };
  return guarding;
}

/** Of one length whatever the text is, so that the comparison takes the same time for all. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

function bearerOf(context: Context): string {
  return /^Bearer +(\S+) *$/i.exec(context.req.header("Authorization") ?? "")?.[1] ?? "";
}

/** Of a URL's hostname, where IPv6 addresses stand in brackets. */
function isAddress(hostname: string): boolean {
  return hostname.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(hostname);
}

/** The host and port of an origin; `undefined` for `null`, which sandboxed pages send. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
