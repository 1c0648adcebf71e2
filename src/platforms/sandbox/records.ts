import type { Millis } from "../../lib/clock.ts";
import type {
  SandboxComment,
  SandboxContainer,
  SandboxPhoto,
  SandboxPost,
  SandboxStore,
  SandboxUser,
  SandboxVideo,
} from "./store.ts";

/** Where an account's posts are listed: Instagram lists stories apart, and a Page its stories and its reels. */
export type Surface = "feed" | "reel" | "story";

/** A range of times, the end not in it. */
export interface Span {
  from: Millis;
  to: Millis;
}

/** A post in a listing, and the place in the listing that it stands at. */
export type Listed = [place: string, post: SandboxPost];

/**
 * Typed access to a store. What is counted or listed stands under its account and its time, so that a listing reads the
 * rows it answers, and a count those of its time.
 */
export class SandboxRecords {
  readonly #store: SandboxStore;

  constructor(store: SandboxStore) {
    this.#store = store;
  }

  user(id: string): SandboxUser | undefined {
    return this.#store.get(`user/${id}`);
  }

  userOfToken(token: string): SandboxUser | undefined {
    const id = this.#store.get<string>(`token/${token}`);
    return id === undefined ? undefined : this.user(id);
  }

  saveUser(user: SandboxUser): void {
    this.#store.put(`user/${user.id}`, user);
    this.#store.put(`token/${user.token}`, user.id);
  }

  container(id: string): SandboxContainer | undefined {
    return this.#store.get(`container/${id}`);
  }

  saveContainer(container: SandboxContainer): void {
    this.#store.put(`container/${container.id}`, container);
    this.#store.put(`container-of/${container.userId}/${sortable(container.createdAt)}/${container.id}`, true);
  }

  countContainers(userId: string, span: Span): number {
    return count(this.#store.list(rangeOf(`container-of/${userId}/`, span)));
  }

  photo(id: string): SandboxPhoto | undefined {
    return this.#store.get(`photo/${id}`);
  }

  savePhoto(photo: SandboxPhoto): void {
    this.#store.put(`photo/${photo.id}`, photo);
  }

  deletePhoto(id: string): void {
    this.#store.delete(`photo/${id}`);
  }

  video(id: string): SandboxVideo | undefined {
    return this.#store.get(`video/${id}`);
  }

  saveVideo(video: SandboxVideo): void {
    this.#store.put(`video/${video.id}`, video);
  }

  deleteVideo(id: string): void {
    this.#store.delete(`video/${id}`);
  }

  /** The video that a chunked upload session is for. */
  videoOfSession(sessionId: string): SandboxVideo | undefined {
    return this.video(this.#store.get<string>(`session/${sessionId}`) ?? "");
  }

  saveSession(sessionId: string, videoId: string): void {
    this.#store.put(`session/${sessionId}`, videoId);
  }

  /** A post that is made and not public. */
  draft(id: string): SandboxPost | undefined {
    return this.#store.get(`draft/${id}`);
  }

  saveDraft(post: SandboxPost): void {
    this.#store.put(`draft/${post.id}`, post);
  }

  deleteDraft(id: string): void {
    this.#store.delete(`draft/${id}`);
  }

  post(id: string): SandboxPost | undefined {
    const key = this.#store.get<string>(`post-key/${id}`);
    return key === undefined ? undefined : this.#store.get(key);
  }

  /** The post that shows a picture or a video. */
  postOfMedia(id: string): SandboxPost | undefined {
    return this.post(this.#store.get<string>(`media/${id}`) ?? "");
  }

  savePost(post: SandboxPost): void {
    const place = placeOf(post);
    const key = `post/${post.userId}/${surfaceOf(post)}/${place}`;
    this.#store.put(key, post);
    this.#store.put(`post-key/${post.id}`, key);
    this.#store.put(`public/${place}`, key);
    for (const media of post.media) this.#store.put(`media/${media.id}`, post.id);
    for (const comment of post.comments) this.#store.put(`comment/${comment.id}`, post.id);
  }

  deletePost(post: SandboxPost): void {
    const place = placeOf(post);
    this.#store.delete(`post/${post.userId}/${surfaceOf(post)}/${place}`);
    this.#store.delete(`post-key/${post.id}`);
    this.#store.delete(`public/${place}`);
    for (const media of post.media) this.#store.delete(`media/${media.id}`);
    for (const comment of post.comments) this.#store.delete(`comment/${comment.id}`);
  }

  /** The posts of an account on one surface, newest first, after a place if one is given. */
  *posts(userId: string, surface: Surface, span: Span, after: string | null = null): Iterable<Listed> {
    const prefix = `post/${userId}/${surface}/`;
    for (const [key, post] of this.#store.list<SandboxPost>({ ...rangeOf(prefix, span, after), reverse: true })) {
      yield [key.slice(prefix.length), post];
    }
  }

  countPosts(userId: string, surface: Surface, span: Span): number {
    return count(this.#store.list(rangeOf(`post/${userId}/${surface}/`, span)));
  }

  /** The posts of all accounts, newest first, after a place if one is given. */
  *allPosts(span: Span, after: string | null = null): Iterable<Listed> {
    const prefix = "public/";
    for (const [key, postKey] of this.#store.list<string>({ ...rangeOf(prefix, span, after), reverse: true })) {
      const post = this.#store.get<SandboxPost>(postKey);
      if (post) yield [key.slice(prefix.length), post];
    }
  }

  comment(id: string): { post: SandboxPost; comment: SandboxComment } | undefined {
    const post = this.post(this.#store.get<string>(`comment/${id}`) ?? "");
    const comment = post?.comments.find((each) => each.id === id);
    return post && comment && { post, comment };
  }

  deleteComment(id: string): void {
    const found = this.comment(id);
    if (!found) return;
    this.#store.delete(`comment/${id}`);
    this.savePost({ ...found.post, comments: found.post.comments.filter((each) => each.id !== id) });
  }
}

function surfaceOf(post: SandboxPost): Surface {
  if (post.kind === "story") return "story";
  return post.kind === "reel" && post.platform === "facebook" ? "reel" : "feed";
}

function placeOf(post: SandboxPost): string {
  return `${sortable(post.createdAt)}/${post.id}`;
}

function sortable(at: Millis): string {
  return String(Math.min(Math.max(at, 0), 999_999_999_999_999)).padStart(15, "0");
}

function rangeOf(prefix: string, span: Span, after: string | null = null) {
  const end = sortable(span.to);
  return { prefix, start: prefix + sortable(span.from), end: prefix + (after !== null && after < end ? after : end) };
}

function count(rows: Iterable<unknown>): number {
  let length = 0;
  for (const _ of rows) length += 1;
  return length;
}
