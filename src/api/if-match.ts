import { invalid } from "../lib/refusal.ts";

/**
 * The version that the client has seen, from `If-Match`; null when it does not say, or says `*`. A tag that was weakened
 * on its way, as by whoever compresses, is as good.
 */
export function expectedVersion(header: string | undefined): number | null {
  if (header === undefined || header.trim() === "*") return null;
  const [, digits] = /^(?:W\/)?"(\d{1,9})"$/.exec(header.trim()) ?? [];
  if (digits === undefined) throw invalid("If-Match", 'If-Match must be the ETag of the post, as in "3".');
  return Number(digits);
}
