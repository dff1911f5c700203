import type { Config } from '../config.ts';
import { LOCAL_HOST } from '../core/local-host.ts';

export type OriginRules = Pick<Config, 'allowedOrigins' | 'previewSites' | 'emulator'>;

const LOOPBACK = new RegExp(String.raw`^https?://${LOCAL_HOST}(:\d{1,5})?$`);

/** What follows the site: https://firebase.google.com/docs/hosting/manage-hosting-resources#hosting-infrastructure */
const CHANNEL = /^--[a-z0-9-]+-[a-z0-9]+\.web\.app$/;

/**
 * Whether a page of this origin may call. Whole strings are compared: "null", a prefix, a suffix, another port or http
 * are other origins.
 *
 * @param fetchSite the header `Sec-Fetch-Site`
 */
export function isAllowedOrigin(
  { allowedOrigins, previewSites, emulator }: OriginRules,
  origin: string,
  fetchSite: unknown,
): boolean {
  if (allowedOrigins.includes(origin)) return true;
  if (emulator && LOOPBACK.test(origin)) return true;
  // The name proves nothing: `shop--x-abc123.web.app` may belong to another project, as an App Hosting backend `shop` of the
  // project `x-abc123` does. `same-origin`, which no script can set, proves it: the page and this request came through
  // the same Hosting site, and a site reaches only the functions of its own project.
  return fetchSite === 'same-origin' && previewSites.some((site) => isPreviewOf(site, origin));
}

function isPreviewOf(site: string, origin: string): boolean {
  const start = `https://${site}`;
  return origin.startsWith(start) && CHANNEL.test(origin.slice(start.length));
}
