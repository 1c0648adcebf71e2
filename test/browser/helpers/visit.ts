import { gzipSync } from "node:zlib";
import type { BrowserContext, ConsoleMessage, Page, Response } from "playwright-core";
import type { Foreign, PageRow } from "./pages.ts";
import type { World } from "./world.ts";
import { PICTURE } from "./written.ts";

/** A page as it was loaded, and what came over the wire for it. */
export interface Visit {
  page: Page;
  /** What was answered, first the page itself. */
  responses: Response[];
  /** What went wrong, in the words of the browser's console. */
  complaints: string[];
  /** Makes the tab fit for the next visit, which has it from then on. */
  leave(): Promise<void>;
}

/** The tabs that nobody visits anything in. To open one takes as long as to load several pages. */
const freeTabs = new WeakMap<BrowserContext, Page[]>();

/** Opens a page that nothing is remembered of, in a window of so many pixels. */
export async function visit(world: World, row: PageRow, width: number): Promise<Visit> {
  const context = world.browsers[row.who];
  const page = freeTabs.get(context)?.pop() ?? (await openTab(context));
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });

  const responses: Response[] = [];
  const complaints: string[] = [];
  const listeners = {
    response(response: Response) {
      const request = response.request();
      if (request.isNavigationRequest() && request.frame() === page.mainFrame()) responses.length = 0;
      responses.push(response);
    },
    pageerror(error: Error) {
      complaints.push(String(error));
    },
    console(message: ConsoleMessage) {
      // Of a page that is refused it says so, and the test of its status does too.
      const isStatus = message.location().url === responses[0]?.url() && /status of 4/.test(message.text());
      if (message.type() === "error" && !isStatus) complaints.push(message.text());
    },
  };
  page.on("response", listeners.response).on("pageerror", listeners.pageerror).on("console", listeners.console);
  await page.goto(await row.address(world), { waitUntil: "load" });
  await row.reach?.(page);
  await page.waitForLoadState("load");

  const leave = async () => {
    page.off("response", listeners.response).off("pageerror", listeners.pageerror).off("console", listeners.console);
    await page.evaluate("sessionStorage.clear()");
    freeTabs.set(context, [...(freeTabs.get(context) ?? []), page]);
  };
  return { page, responses, complaints, leave };
}

async function openTab(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  // Pictures on platforms are of hosts that the stand-in has made up; nothing leaves this machine.
  await page.route(/^https:/, (route) => route.fulfill({ path: PICTURE }));
  const network = await context.newCDPSession(page);
  await network.send("Network.enable");
  await network.send("Network.setCacheDisabled", { cacheDisabled: true });
  return page;
}

/** What is no part of a page's weight: pictures, and what its scripts ask for once it is there. */
const WEIGHTLESS = ["image", "xhr", "fetch"];

/** How many bytes a page is over the wire, compressed as the network before the Worker does it. */
export async function weightOf({ responses }: Visit, foreign?: Foreign): Promise<number> {
  const ours = responses.filter(
    (response) =>
      !WEIGHTLESS.includes(response.request().resourceType()) && foreign?.files.test(response.url()) !== true,
  );
  const bodies = await Promise.all(ours.map((response) => response.body()));
  return bodies.reduce((sum, body) => sum + gzipSync(body).length, 0);
}
