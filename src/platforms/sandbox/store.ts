import type { Millis } from "../../lib/clock.ts";
import type { PlatformId, SandboxBehavior } from "../../lib/vocabulary.ts";

/*
 * What the sandbox remembers, and where.
 */

/** A place for documents, read and written without waiting: an object's storage, or a map in a test. */
export interface SandboxStore {
  get<T>(key: string): T | undefined;
  put<T>(key: string, value: T): void;
  delete(key: string): void;
  /** In the order of their keys. */
  list<T>(options: { prefix: string; reverse?: boolean }): Iterable<[string, T]>;
}

/** An account of the simulated network. */
export interface SandboxUser {
  id: string;
  platform: PlatformId;
  username: string;
  behavior: SandboxBehavior;
  token: string;
  /** How often each kind of call was made, for behaviours that depend on it. */
  calls: Record<string, number>;
}

/** An Instagram container. */
export interface SandboxContainer {
  id: string;
  userId: string;
  caption: string;
  imageUrl: string;
  createdAt: Millis;
  readyAt: Millis;
  /** The subcode it failed with while processing. */
  failure: number | null;
  publishedAt: Millis | null;
}

/** A Facebook photo, staged or published. */
export interface SandboxPhoto {
  id: string;
  userId: string;
  imageUrl: string;
  caption: string;
  createdAt: Millis;
  /** The post that shows it; null while it is only staged. */
  postId: string | null;
}

/** What followers see. */
export interface SandboxPost {
  id: string;
  userId: string;
  platform: PlatformId;
  username: string;
  text: string;
  link: string | null;
  /** The photos it shows, by id and address; an Instagram image is its own photo. */
  photos: { id: string; imageUrl: string }[];
  permalink: string;
  createdAt: Millis;
}

/** Typed access to a store. Posts are kept so that listing an account reads its own, newest first. */
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
  }

  photo(id: string): SandboxPhoto | undefined {
    return this.#store.get(`photo/${id}`);
  }

  savePhoto(photo: SandboxPhoto): void {
    this.#store.put(`photo/${photo.id}`, photo);
  }

  post(id: string): SandboxPost | undefined {
    const key = this.#store.get<string>(`post-key/${id}`);
    return key === undefined ? undefined : this.#store.get(key);
  }

  savePost(post: SandboxPost): void {
    const key = `post/${post.userId}/${String(post.createdAt).padStart(15, "0")}/${post.id}`;
    this.#store.put(key, post);
    this.#store.put(`post-key/${post.id}`, key);
  }

  /** The public posts of an account, newest first. */
  *posts(userId: string): Iterable<SandboxPost> {
    for (const [, post] of this.#store.list<SandboxPost>({ prefix: `post/${userId}/`, reverse: true })) yield post;
  }
}
