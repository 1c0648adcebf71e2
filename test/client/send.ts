/** Where the generated client sends its requests, and with which key. */
const target = { origin: "", key: "" };

export function connectTo(origin: string, key: string): void {
  Object.assign(target, { origin, key });
}

/** A request. Where a route takes bodies of several types, the client hands over what it was given as it is. */
type Sent = Omit<RequestInit, "body"> & { body?: unknown };

/** What the generated client makes its requests by. `T` is its own type of answers: the status, the body, the headers. */
export async function send<T>(path: string, init: Sent): Promise<T> {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${target.key}`);
  const response = await fetch(`${target.origin}${path}`, { ...(init as RequestInit), headers });
  return { status: response.status, data: await response.json(), headers: response.headers } as T;
}
