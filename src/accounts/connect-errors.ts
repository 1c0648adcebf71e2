/** Why a consent came to nothing, as the client's `redirect_url` is told. */
export const CONNECT_ERRORS = [
  "access_denied",
  "missing_permissions",
  "no_accounts",
  "link_expired",
  "link_used",
  "state_invalid",
  "choice_expired",
  "platform_error",
  "internal_error",
] as const;
export type ConnectError = (typeof CONNECT_ERRORS)[number];

/** The end of a consent that came to nothing. `redirectUrl` null: the person is told by a page of ours. */
export interface ConnectFailure {
  is: "failed";
  error: ConnectError;
  redirectUrl: string | null;
  /** Permissions that the person did not give. */
  missing: string[];
}

export function connectFailure(
  error: ConnectError,
  redirectUrl: string | null,
  missing: string[] = [],
): ConnectFailure {
  return { is: "failed", error, redirectUrl, missing };
}

/**
 * Adds to the client's address what became of the consent. Its own query stays as it was written. Values are ids and
 * codes, which need no escaping, so that the commas between them stay readable.
 */
export function redirectTo(address: string, members: Record<string, string>): string {
  const url = new URL(address);
  const added = Object.entries(members)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  const hash = url.hash;
  url.hash = "";
  const bare = url.href.replace(/[?&]$/, "");
  return `${bare}${bare.includes("?") ? "&" : "?"}${added}${hash}`;
}
