// The machine's Chromium, driven by playwright-core from `target/tools`.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { env, platform } from "node:process";

/** Resolves the packages that `cargo xtask ci --setup` installs. */
export const tools = createRequire(new URL("../../../../target/tools/", import.meta.url));

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

// No traffic except that of the pages. Playwright disables the sandbox, which containers need.
const ARGS = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
];

/** The first missing tool of the browser tests, or undefined. */
export function missing() {
  if (!chromium()) return "no Chromium on PATH or in CHROMIUM";
  const lacks = ["playwright-core", "axe-core"].find((name) => !isInstalled(name));
  return lacks && `${lacks} is not in target/tools`;
}

/** Starts Chromium without a window; the options are Playwright's. */
export function launch(options = {}) {
  return tools("playwright-core").chromium.launch({ executablePath: chromium(), args: ARGS, ...options });
}

/** The Chromium of the variable `CHROMIUM`, or the first on PATH and in the usual folders. */
function chromium() {
  return env.CHROMIUM || places().find((place) => existsSync(place));
}

function places() {
  const suffix = platform === "win32" ? ".exe" : "";
  const folders = (env.PATH ?? "").split(delimiter).filter(Boolean);
  return [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name + suffix))), ...usual()];
}

function usual() {
  switch (platform) {
    case "darwin":
      return ["Chromium", "Google Chrome"].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);
    case "win32": {
      const folders = [env.ProgramFiles, env["ProgramFiles(x86)"], env.LocalAppData].filter(Boolean);
      return folders.flatMap((folder) =>
        ["Chromium", "Google\\Chrome"].map((name) => join(folder, name, "Application", "chrome.exe")),
      );
    }
    default:
      return [];
  }
}

function isInstalled(name) {
  try {
    return Boolean(tools.resolve(name));
  } catch {
    return false;
  }
}
