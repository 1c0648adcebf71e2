import type { ProjectedTask, TaskError } from "../../db/posts.ts";
import { PLATFORM_NAMES } from "../../lib/vocabulary.ts";
import { isOpen } from "../../post/status.ts";
import { Card, Confirm } from "../frame/components.tsx";
import { PlatformMark, StatusBadge } from "../frame/post-parts.tsx";
import { Time } from "../frame/time.tsx";
import type { PostView } from "./post-view.ts";
import { ResolveForm } from "./resolve-form.tsx";
import { POST, WHAT_TO_DO } from "./strings.ts";

const WORDS = POST.results;

/** What became of the post on each account. */
export function Results({ view }: { view: PostView }) {
  return (
    <Card id="results" title={WORDS.title}>
      <ul class="plain results">
        {view.post.state.tasks.map((task) => (
          <Result view={view} task={task} />
        ))}
      </ul>
    </Card>
  );
}

function Result({ view, task }: { view: PostView; task: ProjectedTask }) {
  const { member, post } = view;
  const zone = member.workspace.timeZone;
  const { accountId, platform, status, publishedAt, permalink, error, nextAttemptAt, firstComment } = task;
  const name = view.accounts.get(accountId)?.username ?? WORDS.unnamedAccount;
  const canCancel = member.may("posts:write") && isOpen(status) && post.state.tasks.length > 1;
  return (
    <li>
      <div class="row">
        <h3 class="row">
          <PlatformMark platform={platform} /> {name}
        </h3>
        <StatusBadge status={status} />
        {isAddress(permalink) ? (
          <a href={permalink} rel="noopener" class="end">
            {WORDS.open}
            <span class="visually-hidden">: {WORDS.openOn(PLATFORM_NAMES[platform])}</span>
          </a>
        ) : null}
      </div>
      {publishedAt === null ? null : (
        <p class="soft small">
          {WORDS.published} <Time at={publishedAt} zone={zone} />
        </p>
      )}
      {error === null ? null : <WhatWentWrong error={error} />}
      {nextAttemptAt === null ? null : (
        <p class="soft small">
          {WORDS.next}: <Time at={nextAttemptAt} zone={zone} />
        </p>
      )}
      {firstComment === undefined ? null : (
        <>
          <p class="row small">
            {WORDS.comment}: <StatusBadge status={firstComment.status} />
          </p>
          {firstComment.error === null ? null : <WhatWentWrong error={firstComment.error} />}
        </>
      )}
      {status === "unconfirmed" && member.may("posts:write") ? <ResolveForm view={view} task={task} /> : null}
      {canCancel ? (
        <Confirm
          label={WORDS.cancel}
          question={WORDS.cancelQuestion(name)}
          action={view.at(`tasks/${accountId}/cancel`)}
          confirm={WORDS.confirmCancel}
        />
      ) : null}
    </li>
  );
}

/** The error in words, what the platform said, and what to do. */
function WhatWentWrong({ error }: { error: TaskError }) {
  const { code, message, platform, candidates = [] } = error;
  return (
    <div class="wrong">
      <p>{message}</p>
      {platform === undefined ? null : (
        <p class="soft small">
          {WORDS.platformSays} {platform.message ?? ""} <code>{platform.code}</code>
        </p>
      )}
      <p>
        <strong>{WORDS.todo}</strong> {WHAT_TO_DO[code]}
      </p>
      {candidates.length === 0 ? null : (
        <>
          <p>{WORDS.candidates}</p>
          <ul>
            {candidates.map((each) => (
              <li>
                {isAddress(each.permalink) ? (
                  <a href={each.permalink} rel="noopener">
                    {each.platform_post_id}
                  </a>
                ) : (
                  <code>{each.platform_post_id}</code>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

/** Whether what a platform says is a post's address is one that may be led to. */
function isAddress(permalink: string | null): permalink is string {
  return permalink !== null && /^https?:\/\//.test(permalink);
}
