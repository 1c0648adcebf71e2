import type { AccountRow } from "../../db/accounts.ts";
import { LIVE_PLATFORMS, PLATFORM_NAMES, POST_STATUSES } from "../../lib/vocabulary.ts";
import type { Member } from "../access/member.ts";
import { SelectField, TextField } from "../frame/fields.tsx";
import { POST_STATUS_NAMES } from "../frame/post-strings.ts";
import type { CalendarQuery } from "./query.ts";
import { addressOf, isFiltered } from "./query.ts";
import { CALENDAR } from "./strings.ts";

const WORDS = CALENDAR.filters;

/** What the posts are narrowed to. */
export function Filters(view: { member: Member; query: CalendarQuery; accounts: readonly AccountRow[] }) {
  const { member, query, accounts } = view;
  const { view: shown, day, status, platform, accountId, externalId } = query;
  const all = { ...query, status: undefined, platform: undefined, accountId: undefined, externalId: undefined };
  return (
    <form method="get" class="filter" aria-label={WORDS.title}>
      <input type="hidden" name="view" value={shown} />
      {day === undefined ? null : <input type="hidden" name="day" value={day} />}
      <SelectField
        name="status"
        label={WORDS.status}
        value={status ?? ""}
        options={[["", WORDS.anyStatus], ...POST_STATUSES.map((each) => [each, POST_STATUS_NAMES[each]] as const)]}
      />
      <SelectField
        name="platform"
        label={WORDS.platform}
        value={platform ?? ""}
        options={[["", WORDS.anyPlatform], ...LIVE_PLATFORMS.map((each) => [each, PLATFORM_NAMES[each]] as const)]}
      />
      {accounts.length < 2 ? null : (
        <SelectField
          name="account"
          label={WORDS.account}
          value={accountId ?? ""}
          options={[
            ["", WORDS.anyAccount],
            ...accounts.map(({ id, username, platform }) => [id, `${username} (${PLATFORM_NAMES[platform]})`] as const),
          ]}
        />
      )}
      {shown === "list" ? (
        <TextField name="external_id" label={WORDS.externalId} value={externalId ?? ""} isOptional={true} />
      ) : null}
      <div class="row">
        <button type="submit" class="button">
          {WORDS.show}
        </button>
        {isFiltered(query) ? <a href={addressOf(member, all)}>{WORDS.clear}</a> : null}
      </div>
    </form>
  );
}
