import { describe, expect, it } from "vitest";
import { eventBody } from "../../src/api/event-schemas.ts";
import { announcePost, announceTask } from "../../src/post/announce.ts";
import type { PostDocument } from "../../src/post/document.ts";
import { acceptedPost } from "../helpers/posts.ts";

const NOW = 1_000_000;

/** A post whose tasks have all failed, with as many words of the platform. */
function failedPost(accounts: number, words: string): PostDocument {
  const document = acceptedPost({
    scheduledAt: NOW,
    tasks: Array.from({ length: accounts }, (_, index) => ({
      accountId: `acc_${String(index).padStart(26, "0")}`,
      platform: "facebook" as const,
      hasComment: false,
    })),
  });
  for (const task of document.tasks) {
    task.status = "failed";
    task.error = {
      code: "platform_rejected",
      message: words,
      retryable: false,
      platform: { code: "1", message: words },
    };
  }
  return document;
}

function tell(document: PostDocument): string[] {
  const [task] = document.tasks;
  if (task) announceTask(document, task, NOW);
  announcePost(document, "post.completed", NOW);
  return document.events.map(({ body }) => body);
}

const bytes = (text: string) => new TextEncoder().encode(text).length;

describe("the body of an event", () => {
  it("has the task as answers show it", () => {
    const [told = ""] = tell(failedPost(1, "No."));
    expect(JSON.parse(told)).toEqual({
      type: "publish.failed",
      timestamp: "1970-01-01T00:16:40Z",
      data: {
        post_id: "post_1",
        version: 1,
        task: {
          account_id: "acc_00000000000000000000000000",
          platform: "facebook",
          status: "failed",
          published_at: null,
          platform_post_id: null,
          permalink: null,
          error: {
            code: "platform_rejected",
            message: "No.",
            retryable: false,
            platform: { code: "1", message: "No." },
          },
          next_attempt_at: null,
        },
      },
    });
  });

  it.each([
    ["a platform that says very much", 1, "é".repeat(50_000)],
    ["many accounts, and a platform that says something", 50, "No, and here is at length why not. ".repeat(20)],
    ["twice as many accounts as a post may have", 100, "No, for a reason. "],
  ])("is under 20 kB for %s, and still says how each task ended", (_what, accounts, words) => {
    const document = failedPost(accounts, words);
    for (const body of tell(document)) {
      expect(bytes(body)).toBeLessThan(20_000);
      const told = JSON.parse(body);
      expect(eventBody(told.type).safeParse(told).error).toBeUndefined();
      const { data } = told;
      const tasks: { status: string }[] = data.tasks ?? [data.task];
      expect(tasks).toHaveLength("task" in data ? 1 : accounts);
      expect(new Set(tasks.map(({ status }) => status))).toEqual(new Set(["failed"]));
    }
  });
});
