/** Where the Worker may be sent by what a client writes in a request. */
export interface OutboundPolicy {
  /** Development only: lets http and other ports through as well, to loopback alone. */
  allowPrivateTargets: boolean;
  /** Our own origin: a request to ourselves would pass our own guards. */
  publicOrigin: string;
}

export type OutboundUrl = { is: "allowed"; url: URL } | { is: "refused"; reason: string };

const MAX_LENGTH = 2_048;
/** Names that never leave a private network, by RFC 6761, RFC 8375 and habit. */
const PRIVATE_SUFFIXES = [
  "localhost",
  "local",
  "localdomain",
  "internal",
  "intranet",
  "lan",
  "home",
  "arpa",
  "corp",
  "intra",
  "private",
  "svc",
  "test",
  "invalid",
  "alt",
  "onion",
];
/** Public names of what answers inside a cloud alone, and of services that resolve a name to any address it says. */
const REFUSED_DOMAINS = [
  "metadata.goog",
  "metadata.tencentyun.com",
  "nip.io",
  "sslip.io",
  "xip.io",
  "localtest.me",
  "lvh.me",
  "vcap.me",
  "fuf.me",
  "traefik.me",
  "localhost.direct",
  "lacolhost.com",
  "1u.ms",
  "rbndr.us",
];
/** An IPv4 address inside a name, as wildcard DNS services resolve it: `127.0.0.1.nip.io`, `10-0-0-1.sslip.io`. */
const EMBEDDED_ADDRESS = /(^|[.-])\d{1,3}([.-]\d{1,3}){3}([.-]|$)/;
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Decides whether the Worker may call an address that a client gave. Checked on the parsed address, whose host is
 * normalised (`0x7f.1` reads `127.0.0.1`). A Worker cannot pin the address that a name resolves to; in production the
 * network it calls from has no way into a private one.
 */
export function checkOutboundUrl(text: string, policy: OutboundPolicy): OutboundUrl {
  if (text.length > MAX_LENGTH) return refused(`has more than ${MAX_LENGTH} characters`);
  if (!URL.canParse(text)) return refused("is not a URL");
  const url = new URL(text);
  const host = url.hostname.replace(/\.$/, "");
  if (url.username !== "" || url.password !== "") return refused("must not carry a user name or a password");
  const ours = new URL(policy.publicOrigin);
  if (policy.allowPrivateTargets && LOOPBACK.includes(host) && ["http:", "https:"].includes(url.protocol)) {
    const isOurs = LOOPBACK.includes(ours.hostname) && url.port === ours.port && url.protocol === ours.protocol;
    return isOurs ? refused("must not lead back to this API") : { is: "allowed", url };
  }
  if (url.protocol !== "https:") return refused("must begin with https://");
  if (url.port !== "") return refused("must not name a port");
  if (host.startsWith("[") || /^[\d.]+$/.test(host)) return refused("must name a host, not an address");
  const isIn = (domain: string) => host === domain || host.endsWith(`.${domain}`);
  if (!host.includes(".") || PRIVATE_SUFFIXES.some(isIn) || REFUSED_DOMAINS.some(isIn)) {
    return refused("must name a public host");
  }
  if (EMBEDDED_ADDRESS.test(host)) return refused("must name a host, not an address");
  if (host === ours.hostname) return refused("must not lead back to this API");
  return { is: "allowed", url };
}

/**
 * Decides whether a person's browser may be sent to an address that a client gave. It is the browser that goes there and
 * not the Worker, so that ports and private hosts are the client's own affair; what it carries must be safe on its way, or
 * goes no further than the page that it comes from.
 */
export function checkRedirectUrl(text: string, policy: OutboundPolicy): OutboundUrl {
  if (text.length > MAX_LENGTH) return refused(`has more than ${MAX_LENGTH} characters`);
  if (!URL.canParse(text)) return refused("is not a URL");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return refused("must not carry a user name or a password");
  const isLoopback = policy.allowPrivateTargets && LOOPBACK.includes(url.hostname) && url.protocol === "http:";
  const isOurs = url.origin === policy.publicOrigin;
  if (url.protocol !== "https:" && !isLoopback && !isOurs) return refused("must begin with https://");
  return { is: "allowed", url };
}

function refused(reason: string): OutboundUrl {
  return { is: "refused", reason };
}
