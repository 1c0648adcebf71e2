import type { Guard } from "./mutations.ts";

/*
 * What keeps a post from going out twice, getting lost, being told of wrongly or not at all, and a seed that shows for each what happens
 * without it. `npm run simulate -- --mutations` looks for the seeds anew.
 */

const INITIAL = "migrations/0000_initial.sql";

const UNIQUE_PLATFORM_POSTS = {
  file: INITIAL,
  find: "PRIMARY KEY(`mode`, `platform`, `external_id`, `platform_post_id`)",
  replace: "PRIMARY KEY(`mode`, `platform`, `external_id`, `platform_post_id`, `post_id`, `account_id`)",
};
const ANY_HOLDER = {
  file: "src/db/commits.ts",
  find: "return isSameTask(holders[0], holder);\n}\n\n/** Of these",
  replace: "return holders.some((each) => isSameTask(each, holder));\n}\n\n/** Of these",
};

export const GUARDS: readonly Guard[] = [
  {
    name: "the armed record",
    edits: [
      {
        file: "src/post/machine.ts",
        find: "task.armed = { attempt, at: now, inDoubt: false, fault: null, contentId, settledSince: now, denied: null };",
        replace: "",
      },
    ],
    seed: 2,
  },
  {
    name: "who finds a commit armed only reads",
    edits: [
      {
        file: "src/post/machine.ts",
        find: "armed: task.armed && { first: task.firstArmedAt ?? task.armed.at, last: task.armed.at },",
        replace: "armed: null,",
      },
    ],
    seed: 2,
  },
  {
    name: "the fence of the lease",
    edits: [
      {
        file: "src/post/transition.ts",
        find: "task.epoch !== holder.epoch || task.lease?.id !== holder.lease",
        replace: "false",
      },
    ],
    seed: 243,
  },
  {
    name: "the permit",
    edits: [
      {
        file: "src/post/send-commit.ts",
        find: "if (now < askedAt || now >= Math.min(permit.until, askedAt + deps.timing.permit)) {",
        replace: "if (permit.until === 0) {",
      },
    ],
    seed: 1125,
  },
  {
    name: "a found post is one task's",
    edits: [
      UNIQUE_PLATFORM_POSTS,
      ANY_HOLDER,
      {
        file: "src/db/commits.ts",
        find: "return platformPostIds.filter((id) => !takenIds.has(id));",
        replace: "return platformPostIds.filter((id) => !takenIds.has(id) || taken.length > 0);",
      },
    ],
    seed: 17,
  },
  {
    name: "what an object has answered to a command",
    edits: [
      {
        file: "src/post/post-object.ts",
        find: "const kept = id === null ? undefined : this.ctx.storage.kv.get<R>(answerKey(id));",
        replace: "const kept = undefined as R | undefined;",
      },
      {
        file: "src/post/post-object.ts",
        find: "if (answer === undefined) return null;",
        replace: "if (answer !== 0) return null;",
      },
    ],
    scenario: "an edit is carried out, its answer lost, and asked for again with its key",
  },
  {
    name: "the mode of a list",
    edits: [
      {
        file: "src/db/post-lists.ts",
        find: "          eq(posts.mode, SCOPE.mode),\n",
        replace: "",
      },
    ],
    seed: 1,
  },
  {
    name: "the unique key of idempotency",
    edits: [
      {
        file: "migrations/0005_hardened_contract.sql",
        find: "PRIMARY KEY(`workspace_id`, `mode`, `key`)",
        replace: "PRIMARY KEY(`workspace_id`, `mode`, `key`, `claim`)",
      },
      {
        file: "src/db/idempotency.ts",
        find: "target: [idempotency.workspaceId, idempotency.mode, idempotency.key],",
        replace: "target: [idempotency.workspaceId, idempotency.mode, idempotency.key, idempotency.claim],",
      },
      {
        file: "src/db/publish-requests.ts",
        find: "ON CONFLICT (workspace_id, mode, key) DO UPDATE",
        replace: "ON CONFLICT (workspace_id, mode, key, claim) DO UPDATE",
      },
    ],
    seed: 2,
  },
  {
    name: "the claim of the key is the condition of the post",
    edits: [
      {
        file: "src/db/publish-requests.ts",
        find: "    EXISTS (SELECT 1 FROM idempotency",
        replace: "    true OR EXISTS (SELECT 1 FROM idempotency",
      },
    ],
    seed: 2,
  },
  {
    name: "the commit lock",
    edits: [
      {
        file: "src/post/send-commit.ts",
        find: "if (fingerprint === undefined) return true;",
        replace: "if (fingerprint !== null) return true;",
      },
    ],
    seed: 1113,
  },
  {
    name: "an unknown outcome is settled",
    edits: [
      {
        file: "src/post/report.ts",
        find: 'if (made.is === "unknown" || (made.is === "refused" && hasEarlierDoubts)) {',
        replace: 'if (made.is === "refused" && hasEarlierDoubts) {',
      },
    ],
    seed: 2,
  },
  {
    name: "one absent reading proves nothing",
    edits: [
      {
        file: "src/platforms/settling.ts",
        find: "return absentAt.length >= rule.readings && counted >= rule.span;",
        replace: "return absentAt.length >= 1 && counted >= 0;",
      },
    ],
    seed: 18,
  },
  {
    name: "absence takes its time",
    edits: [
      {
        file: "src/platforms/meta/absence.ts",
        find: "const SPAN: Millis = 10 * MINUTE;",
        replace: "const SPAN: Millis = 2 * MINUTE;",
      },
    ],
    seed: 227,
  },
  {
    name: "a clock set forward does not prove absence",
    edits: [
      {
        file: "src/platforms/settling.ts",
        find: "counted += Math.min(Math.max(at - (absentAt[index - 1] ?? at), 0), most);",
        replace: "counted += Math.max(at - (absentAt[index - 1] ?? at), Math.min(most, 0));",
      },
      { file: "src/platforms/meta/absence.ts", find: "const READINGS = 5;", replace: "const READINGS = 2;" },
    ],
    scenario: "the clock jumps an hour ahead while a listing lags, and back",
  },
  {
    name: "a listing is read from well before the commit",
    edits: [
      {
        file: "src/platforms/meta/facebook/feed.ts",
        find: "first - CLOCK_DOUBT",
        replace: "first - CLOCK_SKEW",
      },
    ],
    seed: 66,
  },
  {
    name: "nothing is forgotten that is not told, or not over",
    edits: [
      {
        file: "src/post/forget.ts",
        find: "document.forgetAt = isDone(document) ?",
        replace: "document.forgetAt = true ?",
      },
      { file: "src/post/forget.ts", find: " && isDone(document);", replace: ";" },
    ],
    seed: 6,
  },
  {
    name: "what was armed before it was forgotten is not sent again",
    edits: [
      {
        file: "src/post/commands.ts",
        find: 'if (status !== "failed" || isCanceled || isForgotten) return false;',
        replace: 'if (status !== "failed" || isCanceled) return false;',
      },
    ],
    scenario: "what was refused is retried when its object has forgotten what it sent",
  },
  {
    name: "what is over is over, whether its object knows or not",
    edits: [
      {
        file: "src/post/load-document.ts",
        find: 'const status = isBefore(projected.status) ? "publishing" : projected.status;',
        replace: 'const status = "queued" as const;',
      },
      { file: "src/post/load-document.ts", find: "    dueAt: null,\n    publishedAt,", replace: "    publishedAt," },
    ],
    scenario: "a message comes once more when its post is over and forgotten",
  },
  {
    name: "what came due before the database was restored is held",
    edits: [
      {
        file: "src/post/load-document.ts",
        find: "const isSinceBackup = restoredAt",
        replace: "const isSinceBackup = false && restoredAt",
      },
    ],
    scenario: "the database is restored to what it was before a post was due, and the objects are gone",
  },
  {
    name: "the outbox",
    edits: [
      {
        file: "src/post/post-object.ts",
        find: "this.#store(postponed.document);\n        return;",
        replace: "this.#store(postponed.document);",
      },
    ],
    seed: 7,
  },
  {
    name: "the order of projections",
    edits: [{ file: "src/db/projections.ts", find: "WHERE posts.seq < ", replace: "WHERE 0 < " }],
    scenario: "a projection overtakes the one before",
  },
  {
    name: "counters move with the status they count",
    edits: [
      {
        file: "src/db/projections.ts",
        find: "FROM posts WHERE seq < ",
        replace: "FROM posts WHERE 0 < ",
      },
    ],
    scenario: "the end of one task is told after the end of the post",
  },
  {
    name: "counters count what was inserted",
    edits: [
      {
        file: "src/db/new-posts.ts",
        find: ", changes() WHERE changes() > 0",
        replace: ", 1 WHERE true",
      },
    ],
    seed: 2,
  },
  {
    name: "the sweeper",
    edits: [{ file: "src/post/sweeper.ts", find: "wakePosts(this.env.PUBLISH, posts)", replace: "Promise.resolve()" }],
    seed: 5,
  },
  {
    name: "the watchdog",
    edits: [
      {
        file: "src/post/machine.ts",
        find: "task.dueAt = now + watchdog(task.sends);",
        replace: "task.dueAt = null;",
      },
    ],
    seed: 1,
  },
  {
    name: "a cancel heeds an armed commit",
    edits: [
      {
        file: "src/post/status.ts",
        find: 'if (tasks.some(({ armed }) => armed !== null)) return { is: "conflict", because: "publishing" };',
        replace: "",
      },
    ],
    seed: 18,
  },
  {
    name: "loading never overwrites",
    edits: [
      {
        file: "src/post/post-object.ts",
        find: "this.#document ??= document;",
        replace: "this.#document = document;",
      },
    ],
    scenario: "a nudge and a cancel meet an object that has not loaded its post",
  },
  {
    name: "nothing before its time",
    edits: [
      { file: "src/post/machine.ts", find: "task.dueAt === null || task.dueAt > now", replace: "task.dueAt === null" },
      {
        file: "src/post/machine.ts",
        find: 'if (now < copy.scheduledAt) return { is: "skip", because: "early" };',
        replace: "",
      },
      { file: "src/post/machine.ts", find: " || now < copy.scheduledAt) return", replace: ") return" },
    ],
    seed: 1,
  },
  {
    name: "the unique key of platform_posts",
    edits: [UNIQUE_PLATFORM_POSTS, ANY_HOLDER],
    scenario: "two pictures without a word find one media at the same moment",
  },
  {
    name: "who is not alone believes no listing without captions",
    edits: [
      {
        file: "src/platforms/meta/instagram/find-media.ts",
        find: "(!lacksCaptions || (await io.isAlone()))",
        replace: "true",
      },
    ],
    scenario: "a listing without captions shows another's media before that is claimed",
  },
  {
    name: "a write is tried again",
    edits: [
      {
        file: "src/db/retry.ts",
        find: "  } catch {\n    return write();",
        replace: "  } catch (error) {\n    throw error;",
      },
    ],
    scenario: "the write of a post without a key is carried out, and its answer lost",
  },
  {
    name: "an event is stored with what is to be sent of it",
    edits: [
      {
        file: "src/db/events.ts",
        find: "JOIN webhooks AS w ON w.workspace_id",
        replace: "JOIN webhooks AS w ON false AND w.workspace_id",
      },
    ],
    seed: 1,
  },
  {
    name: "the sweeper sends webhooks that are due",
    edits: [{ file: "src/post/sweeper.ts", find: "due.map((ref) => deliverMessage(ref))", replace: "[]" }],
    seed: 1,
  },
  {
    name: "the sweeper has endpoints tried that are failing",
    edits: [{ file: "src/post/sweeper.ts", find: "failing.map((id) => probeMessage(id))", replace: "[]" }],
    seed: 1,
  },
  {
    name: "only what is answered with 2xx was taken",
    edits: [
      {
        file: "src/webhooks/post-event.ts",
        find: "if (status < 200 || status > 299) return",
        replace: "if (status === 0) return",
      },
    ],
    seed: 1,
  },
  {
    name: "what was let go is not held again",
    edits: [
      {
        file: "src/db/deliveries.ts",
        find: "(probe_at IS NOT NULL AND failures > 0)",
        replace: "(probe_at IS NOT NULL)",
      },
      // More than are let go at once, without that many posts.
      { file: "src/webhooks/schedule.ts", find: "RELEASED_AT_ONCE = 50", replace: "RELEASED_AT_ONCE = 1" },
    ],
    seed: 1,
  },
  {
    name: "a trial that failed holds nothing that was let go",
    edits: [{ file: "src/db/deliveries.ts", find: 'if (end.is === "held") return sql`status = status`;', replace: "" }],
    scenario: "an endpoint answers for one event while another is on trial there",
  },
  {
    name: "the claim of a delivery",
    edits: [
      {
        file: "src/db/deliveries.ts",
        find: "status = 'pending' AND (claimed_until IS NULL OR claimed_until <= ",
        replace: "status = 'pending' AND (1 OR claimed_until <= ",
      },
    ],
    scenario: "every message of a webhook comes twice while its endpoint takes its time",
  },
];
