import { filledIn, problemOf } from "../access/form.ts";
import { Card, Confirm, Form } from "../frame/components.tsx";
import { TextField } from "../frame/fields.tsx";
import { localText } from "./local-times.ts";
import type { PostView } from "./post-view.ts";
import { canRetry, canStop } from "./post-view.ts";
import { POST } from "./strings.ts";

const WORDS = POST.actions;

/** What can still be changed of the post, for who may. */
export function Actions({ view }: { view: PostView }) {
  const { member, post } = view;
  if (!member.may("posts:write") || !(canStop(post) || canRetry(post))) return null;
  return (
    <Card id="actions" title={WORDS.title}>
      {canStop(post) ? <MoveForm view={view} /> : null}
      <div class="row">
        {canStop(post) ? (
          <a class="button" href={view.at("edit")}>
            {WORDS.edit}
          </a>
        ) : null}
        {canRetry(post) ? (
          <Confirm
            label={WORDS.retry}
            question={WORDS.retryQuestion}
            action={view.at("retry")}
            confirm={WORDS.confirmRetry}
          />
        ) : null}
        {canStop(post) ? (
          <>
            <Confirm
              label={WORDS.now}
              question={WORDS.nowQuestion}
              action={view.at("schedule")}
              confirm={WORDS.confirmNow}
            >
              <input type="hidden" name="when" value="now" />
              <input type="hidden" name="version" value={String(post.version)} />
            </Confirm>
            <Confirm
              label={WORDS.cancel}
              question={WORDS.cancelQuestion}
              action={view.at("cancel")}
              confirm={WORDS.confirmCancel}
            />
          </>
        ) : null}
      </div>
    </Card>
  );
}

function MoveForm({ view }: { view: PostView }) {
  const { member, post, problem } = view;
  const { timeZone } = member.workspace;
  const path = view.at("schedule");
  const hint = WORDS.moveHint(timeZone);
  return (
    <Form action={path}>
      <TextField
        name="schedule"
        label={WORDS.move}
        hint={post.approval === null ? hint : `${hint} ${WORDS.asksAgain}`}
        value={filledIn(problem, path, "schedule", localText(timeZone, post.scheduledAt))}
        error={problemOf(problem, path, "schedule")}
        attributes={{ type: "datetime-local" }}
      />
      <input type="hidden" name="version" value={String(post.version)} />
      <div>
        <button type="submit" class="button primary">
          {WORDS.moveButton}
        </button>
      </div>
    </Form>
  );
}
