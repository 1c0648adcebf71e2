/** What a call carries: its parameters, wherever they stood, and the files of a multipart body. */
export interface Params {
  values: URLSearchParams;
  files: Map<string, Uint8Array>;
}

/** Parameters come in the address, as a form of either kind, or as JSON, whose arrays and objects are JSON text here. */
export async function readParams(request: Request): Promise<Params> {
  const values = new URLSearchParams(new URL(request.url).searchParams);
  const files = new Map<string, Uint8Array>();
  if (request.method !== "POST") return { values, files };
  const type = request.headers.get("Content-Type") ?? "";
  if (type.includes("application/json")) {
    const body: unknown = await request.json();
    for (const [name, value] of Object.entries(body ?? {})) {
      values.set(name, typeof value === "string" ? value : JSON.stringify(value));
    }
  } else if (type.includes("form")) {
    const form: FormData = await request.formData();
    for (const [name, value] of form) {
      if (typeof value === "string") values.set(name, value);
      else files.set(name, new Uint8Array(await (value as Blob).arrayBuffer()));
    }
  }
  return { values, files };
}

/** Reads a parameter that is a list: JSON, or entries with commas between. */
export function readList(text: string): string[] {
  if (!text.trim().startsWith("[")) return text.split(",").map((entry) => entry.trim());
  const parsed = readJson(text);
  return Array.isArray(parsed) ? parsed.map(String) : [];
}

/** Parses JSON; null when it is none. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
