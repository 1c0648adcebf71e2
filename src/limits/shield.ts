import type { Log } from "../lib/log.ts";

/**
 * Counts something that was asked without a key from an address, and says whether it is too much. Never throws.
 *
 * @param address null where there is none: behind Cloudflare there always is
 */
export type Shield = (address: string | null) => Promise<boolean>;

/**
 * A shield by the binding for rate limits: it counts in each of Cloudflare's locations by itself and generously, at no
 * cost. Without a binding, and where it fails, everybody passes.
 */
export function createShield({ binding, log }: { binding: RateLimit | undefined; log: Log }): Shield {
  return async function isTooMuch(address) {
    if (!binding || address === null) return false;
    try {
      return !(await binding.limit({ key: networkOf(address) })).success;
    } catch (error) {
      log.error("the shield could not be asked", error);
      return false;
    }
  };
}

/** An IPv4 address, or the /64 of an IPv6 address: whoever has one of its addresses has all of them. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head.split(":").filter(Boolean);
  const rest = (tail ?? "").split(":").filter(Boolean);
  const zeros = tail === undefined ? [] : Array(Math.max(0, 8 - groups.length - rest.length)).fill("0");
  const first = [...groups, ...zeros, ...rest].slice(0, 4);
  return `${first.map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}
