import { choiceKey } from "../accounts/choose-accounts.ts";
import type { AskingWorkspace } from "../db/consents.ts";
import type { Millis } from "../lib/clock.ts";
import type { PlatformId } from "../lib/vocabulary.ts";
import type { GrantedAccount, PlatformAuth, Profile } from "../platforms/platform.ts";
import { MissingPermissions } from "./connect-failures.tsx";
import type { Page } from "./page.tsx";

/*
 * The pages that a person passes on the way to connecting accounts.
 */

/** The names under which people know the platforms. */
const PLATFORM_NAMES = { instagram: "Instagram", facebook: "Facebook" } as const;

/** Who asks, and for what. */
export function landingPage(view: {
  workspace: AskingWorkspace;
  platform: PlatformId;
  auths: readonly PlatformAuth[];
  formTargets: string[];
}): Page {
  const { workspace, platform, auths } = view;
  const name = PLATFORM_NAMES[platform];
  const title = `Connect ${name} to ${workspace.name}`;
  return {
    title,
    formTargets: view.formTargets,
    body: (
      <>
        <Logo workspace={workspace} />
        <h1>
          {workspace.name} asks to publish on your {name} {platform === "facebook" ? "Pages" : "account"}
        </h1>
        <h2>If you allow it, {workspace.name} can</h2>
        <ul>
          <li>see the name and the picture of the accounts that you choose,</li>
          <li>publish posts there, now or at a time it plans,</li>
          <li>read those posts, to know that they went out.</li>
        </ul>
        <h2>It cannot</h2>
        <ul>
          <li>see your password, or read your messages,</li>
          <li>publish on accounts that you do not choose.</li>
        </ul>
        <form method="post">
          {auths.map(({ provider }) => (
            <button type="submit" name="provider" value={provider}>
              Continue with {PLATFORM_NAMES[provider]}
              {auths.length > 1 ? <small>{HINTS[provider]}</small> : null}
            </button>
          ))}
        </form>
        <p class="soft">You can take this back at any time, in your settings on {name}.</p>
      </>
    ),
  };
}

const HINTS = {
  instagram: "For professional accounts. No Facebook Page needed.",
  facebook: "For accounts that are linked to a Facebook Page.",
} as const;

/** Which of several accounts. All are chosen until the person says otherwise. */
export function choicePage(view: {
  workspace: AskingWorkspace;
  accounts: readonly GrantedAccount[];
  missing: string[];
  /** Whether the person has just chosen nothing. */
  isRepeated: boolean;
  formTargets: string[];
}): Page {
  const { workspace, accounts } = view;
  const title = `Choose accounts for ${workspace.name}`;
  const listed = new Set(accounts.map(({ externalId }) => externalId));
  const roots = accounts.filter(({ parentId }) => parentId === null || !listed.has(parentId));
  return {
    title,
    status: view.isRepeated ? 400 : 200,
    formTargets: view.formTargets,
    body: (
      <>
        <Logo workspace={workspace} />
        <h1>{title}</h1>
        {view.isRepeated ? (
          <p class="alert" role="alert">
            Choose at least one account, or close this page to connect none.
          </p>
        ) : null}
        <form method="post">
          <fieldset>
            <legend>{workspace.name} will be able to publish on:</legend>
            {roots.map((root) => (
              <>
                <AccountChoice account={root} isChild={false} />
                {accounts
                  .filter((account) => account.parentId === root.externalId && account !== root)
                  .map((account) => (
                    <AccountChoice account={account} isChild={true} />
                  ))}
              </>
            ))}
          </fieldset>
          <button type="submit">Connect</button>
        </form>
        {view.missing.length === 0 ? null : (
          <>
            <h2>Other accounts cannot be connected</h2>
            <MissingPermissions missing={view.missing} />
          </>
        )}
      </>
    ),
  };
}

function AccountChoice({ account, isChild }: { account: GrantedAccount; isChild: boolean }) {
  return (
    <label class={isChild ? "child" : ""}>
      <input type="checkbox" name="account" value={choiceKey(account)} checked />
      <Face account={account} />
      <span>
        {account.name ?? account.username}
        <br />
        <span class="soft">{describe(account)}</span>
      </span>
    </label>
  );
}

/** What was connected, for links that lead nowhere else. */
export function donePage(view: {
  workspace: AskingWorkspace;
  accounts: readonly (Profile & { platform: PlatformId })[];
  missing: string[];
}): Page {
  const { workspace, accounts, missing } = view;
  return {
    title: "Connected",
    body: (
      <>
        <Logo workspace={workspace} />
        <h1>Done: {workspace.name} is connected</h1>
        <p>It can publish on:</p>
        <ul>
          {accounts.map((account) => (
            <li>
              {account.name ?? account.username} <span class="soft">({describe(account)})</span>
            </li>
          ))}
        </ul>
        {missing.length === 0 ? null : (
          <>
            <h2>Other accounts were not connected</h2>
            <MissingPermissions missing={missing} />
          </>
        )}
        <p>You can close this page.</p>
      </>
    ),
  };
}

/** The state of a data deletion that Meta asked for on a person's behalf. */
export function deletionPage(code: string, completedAt: Millis): Page {
  const at = new Date(completedAt).toISOString();
  return {
    title: "Your data was deleted",
    body: (
      <>
        <h1>Your data was deleted</h1>
        <p>
          The access that you had given, and what was stored of you, were deleted on{" "}
          <time dateTime={at}>{at.slice(0, 16).replace("T", " ")} UTC</time>. Posts that were published stay on your
          account until you delete them there.
        </p>
        <p class="soft">Confirmation code: {code}</p>
      </>
    ),
  };
}

function Logo({ workspace }: { workspace: AskingWorkspace }) {
  return workspace.logoUrl === null ? null : <img class="logo" src={workspace.logoUrl} alt="" />;
}

/** Only an https address is shown: what a platform says is no more trusted than that. */
function Face({ account }: { account: Profile }) {
  const { avatarUrl } = account;
  return avatarUrl?.startsWith("https://") ? <img class="face" src={avatarUrl} alt="" /> : <span class="face" />;
}

function describe({ platform, username }: { platform: PlatformId; username: string }): string {
  return platform === "instagram" ? `@${username} on Instagram` : "Facebook Page";
}
