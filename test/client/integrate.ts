import {
  cancelPost,
  createMedia,
  createSandboxAccount,
  createWebhook,
  getPost,
  listPosts,
  publishPost,
} from "./generated/apionics.ts";
import { connectTo } from "./send.ts";

/*
 * What a stranger writes who has the generated client and nothing else. The compiler checks it against the document.
 */

/** What came of it, step by step. */
export interface Integration {
  accepted: { id: string; replayedId: string };
  listed: { ids: string[]; total: number };
  canceled: boolean;
  /** The status of the post afterwards, and of its one task. */
  after: { status: string; task: string | undefined };
  /** What canceling it once more is refused with. */
  refused: { status: number; code: string; message: string };
  unauthorized: string;
}

/** Publishes, lists and cancels. @param picture a JPEG, with its type */
export async function integrate(origin: string, key: string, picture: Blob, schedule: string): Promise<Integration> {
  connectTo(origin, "apionics_test_nobodys");
  const nobody = await listPosts();
  if (nobody.status !== 401) throw new Error(`a key of nobody's was answered ${nobody.status}`);

  connectTo(origin, key);
  const account = await createSandboxAccount({ platform: "instagram", username: "generated" });
  if (account.status !== 201) throw new Error(account.data.error.message);
  const media = await createMedia(picture);
  if (media.status !== 201) throw new Error(media.data.error.message);

  const request = { content: "From a generated client", accounts: [account.data.id], media: [media.data.id], schedule };
  const once = { headers: { "Idempotency-Key": "generated-client" } };
  const accepted = await publishPost(request, once);
  if (accepted.status !== 202) throw new Error(accepted.data.error.message);
  const replayed = await publishPost(request, once);
  if (replayed.status !== 202) throw new Error(replayed.data.error.message);

  const listed = await listPosts({ status: "queued", limit: 10 });
  if (listed.status !== 200) throw new Error(listed.data.error.message);

  const canceled = await cancelPost(accepted.data.id);
  if (canceled.status !== 200) throw new Error(canceled.data.error.message);
  const post = await getPost(accepted.data.id);
  if (post.status !== 200) throw new Error(post.data.error.message);
  const missing = await getPost("post_missing");
  if (missing.status !== 404) throw new Error("there is a post that there should not be");

  return {
    accepted: { id: accepted.data.id, replayedId: replayed.data.id },
    listed: { ids: listed.data.posts.map(({ id }) => id), total: listed.data.total },
    canceled: canceled.data.success,
    after: { status: post.data.status, task: post.data.tasks[0]?.status },
    refused: { status: missing.status, code: missing.data.error.code, message: missing.data.error.message },
    unauthorized: nobody.data.error.code,
  };
}

/** What does not compile. It is never called. */
export async function mistakes(): Promise<void> {
  // @ts-expect-error: the member is called accounts
  await publishPost({ content: "Hello", account: ["acc_1"] });
  // @ts-expect-error: content is required
  await publishPost({ accounts: ["acc_1"] });
  // @ts-expect-error: a number is no list
  await publishPost({ content: "Hello", accounts: 1 });
  // @ts-expect-error: no member of a platform's options is called lnk
  await publishPost({ content: "Hello", accounts: ["acc_1"], options: { facebook: { lnk: "https://example.com" } } });
  // @ts-expect-error: there is no such status
  await listPosts({ status: "done" });
  // @ts-expect-error: there is no such event
  await createWebhook({ url: "https://example.com/hook", events: ["publish.done"] });
  const post = await getPost("post_1");
  // @ts-expect-error: an error has no status of a post
  post.data.status;
  // @ts-expect-error: an accepted post has no such member
  if (post.status === 200) post.data.state;
}
