import type { Child } from "hono/jsx";
import type { AccountGroupRow } from "../../db/account-groups.ts";
import type { AccountRow } from "../../db/accounts.ts";
import type { MediaRow } from "../../db/media.ts";
import type { Millis } from "../../lib/clock.ts";
import { newSecret } from "../../lib/crypto.ts";
import { LIVE_PLATFORMS, PLATFORM_NAMES } from "../../lib/vocabulary.ts";
import { LIMITS_OF_PLATFORM } from "../../platforms/registry.ts";
import type { Fields } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Card, FORM_ID } from "../frame/components.tsx";
import { AccountsField, FixedAccounts } from "./accounts.tsx";
import { textOf } from "./body.ts";
import type { Sheet } from "./entry.tsx";
import { TextEntry } from "./entry.tsx";
import { Summary, slotId } from "./found.tsx";
import { MediaField } from "./media-field.tsx";
import { PlatformOptionFields } from "./options.tsx";
import { Previews } from "./preview.tsx";
import { ApprovalField, MoreFields, ScheduleField } from "./schedule.tsx";
import { COMPOSE } from "./strings.ts";

/** What the form of a post is made of. */
export interface ComposeView {
  member: Member;
  /** Where it is sent to. */
  path: string;
  sheet: Sheet;
  /** Whether somebody looked for what stands in the way. */
  isChecked: boolean;
  /** Whether it makes a post, or else changes one. */
  isNew: boolean;
  /** Those within reach; of a post that exists, its own. */
  accounts: readonly AccountRow[];
  groups: readonly AccountGroupRow[];
  media: readonly MediaRow[];
  now: Millis;
  /** What has to be said first. */
  children?: Child;
}

/** The form of a post, and beside it what it will look like. */
export function ComposeForm(view: ComposeView) {
  const { member, path, sheet, isNew, accounts } = view;
  const { fields } = sheet;
  return (
    <form
      method="post"
      action={path}
      enctype="multipart/form-data"
      class="compose"
      id="compose"
      data-draft={`draft ${member.person.personId} ${path}`}
      data-uploads={member.at("compose")}
      data-words={JSON.stringify(COMPOSE.media)}
      data-unanswered={COMPOSE.found.unanswered}
      data-count={COMPOSE.text.of("{count}", "{max}")}
    >
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: what Enter does in a field of one line; nobody gets to it otherwise */}
      <button type="submit" name="do" value="check" class="visually-hidden" tabindex={-1} aria-hidden="true" />
      <input type="hidden" name={FORM_ID} value={newSecret()} />
      {isNew ? null : <input type="hidden" name="version" value={textOf(fields, "version")} />}
      <div class="stack">
        {view.children}
        {isNew ? <AccountsField {...view} /> : <FixedAccounts sheet={sheet} accounts={accounts} />}
        <Card id="text" title={COMPOSE.text.title}>
          <TextEntry sheet={sheet} name="content" label={COMPOSE.text.title} isLabelHidden={true} rows={6} />
          <Counts fields={fields} />
        </Card>
        <MediaField {...view} />
        <PlatformOptionFields sheet={sheet} />
        <ScheduleField member={member} sheet={sheet} isNew={isNew} />
        {isNew ? <ApprovalField member={member} sheet={sheet} /> : null}
        <MoreFields member={member} sheet={sheet} isNew={isNew} />
        <div role="status" id={slotId("summary")} class="summary">
          {view.isChecked ? <Summary member={member} found={sheet.found} fields={fields} /> : null}
        </div>
        <div class="row">
          <button type="submit" class="button primary" name="do" value="send">
            {isNew ? COMPOSE.publish : COMPOSE.save}
          </button>
          <button type="submit" class="button" name="do" value="check">
            {COMPOSE.check}
          </button>
        </div>
      </div>
      <section class="previews" aria-labelledby="preview-title" tabindex={0}>
        <h2 id="preview-title">{COMPOSE.preview.title}</h2>
        <p class="soft small">{COMPOSE.preview.lead}</p>
        <div class="stack" id={slotId("preview")}>
          <Previews member={member} fields={fields} accounts={chosenOf(view)} media={view.media} />
        </div>
      </section>
    </form>
  );
}

/** The accounts that a post goes to. */
export function chosenOf({ accounts, sheet }: Pick<ComposeView, "accounts" | "sheet">): AccountRow[] {
  return accounts.filter(({ id }) => sheet.fields.accounts?.includes(id));
}

/** How long the text is on each platform, as the scripts count on; without them the check does. */
function Counts({ fields }: { fields: Fields }) {
  return (
    <p class="row small soft counts">
      {LIVE_PLATFORMS.map((platform) => {
        const max = LIMITS_OF_PLATFORM[platform].maxCharacters;
        const text = textOf(fields, `${platform}_content`) || textOf(fields, "content");
        return (
          <span data-counts={platform} data-max={max}>
            {PLATFORM_NAMES[platform]}: <span>{COMPOSE.text.of(shown([...text].length), shown(max))}</span>
          </span>
        );
      })}
    </p>
  );
}

function shown(count: number): string {
  return count.toLocaleString("en");
}
