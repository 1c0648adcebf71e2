import { authsFor, settingsFor } from "../../accounts/connect-link.ts";
import type { PrintedAccount } from "../../accounts/print-account.ts";
import { PLATFORM_NAMES } from "../../lib/vocabulary.ts";
import type { Auths } from "../../platforms/registry.ts";
import type { Tone } from "../frame/components.tsx";
import { Badge } from "../frame/components.tsx";
import { ACCOUNTS } from "./strings.ts";

/*
 * How an account is shown: in the list of all, and on a page of its own.
 */

type Shown = PrintedAccount;

const TONES: Readonly<Record<Shown["health"], Tone>> = {
  ok: "ok",
  expiring: "warn",
  needs_reconnect: "bad",
  restricted: "bad",
};

/** Its picture, or its initials. What a platform says is no more trusted than an https address. */
export function Face({ account }: { account: Shown }) {
  const { avatar_url: address } = account;
  if (address?.startsWith("https://")) return <img class="face" src={address} alt="" width={40} height={40} />;
  return (
    <span class="face" aria-hidden="true">
      {initialsOf(nameOf(account))}
    </span>
  );
}

function initialsOf(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  return words
    .slice(0, 2)
    .map(([first = ""]) => first.toUpperCase())
    .join("");
}

export function nameOf({ name, username }: Shown): string {
  return name ?? username;
}

/** Under which name, and where. */
export function addressOf({ platform, username }: Shown): string {
  return platform === "instagram" ? `@${username}, ${PLATFORM_NAMES.instagram}` : PLATFORM_NAMES[platform];
}

/** How it stands, in words, with what to do. */
export function Health({ account }: { account: Shown }) {
  const { name, todo } = ACCOUNTS.health[account.health];
  return (
    <>
      <Badge tone={TONES[account.health]}>{name}</Badge>
      {account.paused_at === null ? null : (
        <>
          {" "}
          <Badge tone="warn">{ACCOUNTS.paused}</Badge>
        </>
      )}
      {account.reason === null ? null : <p class="small">{account.reason}</p>}
      {todo === null ? null : <p class="small">{todo}</p>}
    </>
  );
}

/** What the deployment's owner must set before accounts of a platform can be connected; null: it is set. */
export function whatToSet(auths: Auths, platform: Shown["platform"]): string | null {
  const isSet = authsFor(auths, platform).length > 0;
  return isSet ? null : ACCOUNTS.connect.notSet(PLATFORM_NAMES[platform], settingsFor(platform));
}
