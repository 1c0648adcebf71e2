import type { TimelineEntry } from "../../db/timeline.ts";
import type { Millis } from "../../lib/clock.ts";
import { printActor } from "../../post/actor.ts";
import { Card } from "../frame/components.tsx";
import { POST_STATUS_NAMES } from "../frame/post-strings.ts";
import type { PostView } from "./post-view.ts";
import { POST, TIMELINE } from "./strings.ts";

const WORDS = POST.timeline;

/** What happened to the post, and by whom. */
export function TimelineCard({ view }: { view: PostView }) {
  if (view.timeline.length === 0) return null;
  return (
    <Card id="timeline" title={WORDS.title} lead={WORDS.lead(view.member.workspace.timeZone)}>
      <ol class="plain timeline">
        {view.timeline.map((entry) => (
          <Entry view={view} entry={entry} />
        ))}
      </ol>
    </Card>
  );
}

function Entry({ view, entry }: { view: PostView; entry: TimelineEntry }) {
  const { type, keyId, accountId, platform } = entry;
  const account = accountId === undefined ? undefined : view.accounts.get(accountId)?.username;
  const details = detailsOf(entry);
  return (
    <li>
      <Moment at={entry.at} zone={view.member.workspace.timeZone} />
      <div>
        <p>
          {keyId === undefined ? null : (
            <>
              <strong>
                <Actor view={view} id={keyId} />
              </strong>
              {": "}
            </>
          )}
          {TIMELINE[type]}
          {account === undefined ? null : <span class="soft"> · {account}</span>}
        </p>
        {details.length === 0 && entry.until === undefined ? null : (
          <p class="soft small">
            {details.join(", ")}
            {entry.until === undefined ? null : (
              <>
                {" "}
                {WORDS.until} <Moment at={entry.until} zone={view.member.workspace.timeZone} />
              </>
            )}
          </p>
        )}
        {platform === undefined ? null : (
          <p class="soft small">
            <code>{platform.code}</code> {platform.message}
          </p>
        )}
      </div>
    </li>
  );
}

function detailsOf({ part, round, attempt, name, outcome, ms, code, count }: TimelineEntry): string[] {
  return [
    part === undefined ? undefined : WORDS.comment,
    round === undefined ? undefined : WORDS.round(round),
    attempt === undefined ? undefined : WORDS.attempt(attempt),
    name,
    outcome === undefined ? undefined : outcomeOf(outcome),
    code,
    ms === undefined ? undefined : WORDS.took(ms),
    count === undefined ? undefined : WORDS.times(count),
  ].filter((each) => each !== undefined);
}

/** A status by its name; anything else as it was written. */
function outcomeOf(outcome: string): string {
  return POST_STATUS_NAMES[outcome as keyof typeof POST_STATUS_NAMES] ?? outcome;
}

/** Who did something, by name where that is known. */
export function Actor({ view, id }: { view: PostView; id: string | null }) {
  const { type, name, id: printed } = printActor(id, view.names);
  if (type === "system") return <>{WORDS.system}</>;
  if (type === "review_link") return <>{WORDS.link}</>;
  if (printed === view.member.person.personId) return <>{WORDS.you}</>;
  if (name === undefined) return <span title={printed}>{WORDS.somebody}</span>;
  return <>{type === "person" ? name : WORDS.key(name)}</>;
}

/** A time to the second: things follow each other closely. */
function Moment({ at, zone }: { at: Millis; zone: string }) {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  return <time dateTime={new Date(at).toISOString()}>{format.format(at)}</time>;
}
