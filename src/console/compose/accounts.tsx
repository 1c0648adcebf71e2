import { healthOf } from "../../accounts/health.ts";
import type { AccountGroupRow } from "../../db/account-groups.ts";
import type { AccountRow } from "../../db/accounts.ts";
import type { Millis } from "../../lib/clock.ts";
import { PLATFORM_NAMES } from "../../lib/vocabulary.ts";
import { Badge, Card } from "../frame/components.tsx";
import { PlatformMark } from "../frame/post-parts.tsx";
import type { Sheet } from "./entry.tsx";
import { Slot, slotId } from "./found.tsx";
import { COMPOSE } from "./strings.ts";

const WORDS = COMPOSE.accounts;

interface AccountsView {
  sheet: Sheet;
  accounts: readonly AccountRow[];
  groups: readonly AccountGroupRow[];
  now: Millis;
}

/** Which accounts a post goes to, by group and platform. */
export function AccountsField({ sheet, accounts, groups, now }: AccountsView) {
  const inGroups = [...groups, null]
    .map((group) => ({
      name: group?.name ?? WORDS.noGroup,
      accounts: accounts.filter(({ groupId }) => groupOf(groups, groupId) === group).sort(byPlatform),
    }))
    .filter((group) => group.accounts.length > 0);
  return (
    <Card id="accounts" title={WORDS.title}>
      {inGroups.map((group) => (
        <fieldset class="field" aria-describedby={slotId("accounts")}>
          <legend class={inGroups.length === 1 ? "visually-hidden" : ""}>{group.name}</legend>
          <div class="accounts">
            {group.accounts.map((account) => (
              <AccountChoice account={account} isChosen={sheet.fields.accounts?.includes(account.id)} now={now} />
            ))}
          </div>
        </fieldset>
      ))}
      <Slot place="accounts" found={sheet.found} fields={sheet.fields} />
    </Card>
  );
}

/** A group that is gone is none. */
function groupOf(groups: readonly AccountGroupRow[], id: string | null): AccountGroupRow | null {
  return groups.find((group) => group.id === id) ?? null;
}

function byPlatform(a: AccountRow, b: AccountRow): number {
  return a.platform.localeCompare(b.platform) || a.username.localeCompare(b.username);
}

function AccountChoice(view: { account: AccountRow; isChosen: boolean | undefined; now: Millis }) {
  const { account, isChosen, now } = view;
  return (
    <label class="choice">
      <input
        type="checkbox"
        name="accounts"
        value={account.id}
        data-platform={account.platform}
        {...(isChosen && { checked: true })}
      />
      <PlatformMark platform={account.platform} isNamed={true} />
      <span>
        {account.username} <small>{PLATFORM_NAMES[account.platform]}</small>
      </span>
      <Health account={account} now={now} />
    </label>
  );
}

function Health({ account, now }: { account: AccountRow; now: Millis }) {
  const { health } = healthOf(account, now);
  return (
    <>
      {health === "ok" ? null : <Badge tone={health === "expiring" ? "warn" : "bad"}>{WORDS.health[health]}</Badge>}
      {account.pausedAt === null ? null : <Badge tone="warn">{WORDS.paused}</Badge>}
    </>
  );
}

/** The accounts of a post that exists: it goes to these and no others. */
export function FixedAccounts({ sheet, accounts }: Pick<AccountsView, "sheet" | "accounts">) {
  return (
    <Card id="accounts" title={WORDS.title} lead={WORDS.goesTo}>
      <ul class="plain accounts">
        {accounts.map(({ id, platform, username }) => (
          <li class="choice" data-platform={platform}>
            <input type="hidden" name="accounts" value={id} />
            <PlatformMark platform={platform} isNamed={true} />
            <span>
              {username} <small>{PLATFORM_NAMES[platform]}</small>
            </span>
          </li>
        ))}
      </ul>
      <Slot place="accounts" found={sheet.found} fields={sheet.fields} />
    </Card>
  );
}
