import * as z from 'zod';
import { call, callPages, type ProjectAccess, pageOf, unlessMissing } from './request.ts';

export interface HostingSite {
  readonly id: string;
  readonly url: string;
  /** The site with the id of the project. */
  readonly isDefault: boolean;
}

export interface HostingRelease {
  /** ISO 8601. */
  readonly time: string | undefined;
  readonly message: string | undefined;
  /** `projects/…/versions/…` */
  readonly version: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** The patterns of its rewrites. */
  readonly rewrites: readonly string[];
}

const sites = pageOf({
  sites: z
    .array(z.object({ name: z.string(), defaultUrl: z.string().optional(), type: z.string().optional() }))
    .optional(),
});

/** @throws ApiError */
export async function readSites(access: ProjectAccess): Promise<readonly HostingSite[]> {
  const pages = await callPages(access, ['hosting', `v1beta1/projects/${access.projectId}/sites`], sites);
  return pages
    .flatMap((page) => page.sites ?? [])
    .map(({ name, defaultUrl, type }) => {
      const id = name.split('/').at(-1) ?? '';
      return { id, url: defaultUrl ?? `https://${id}.web.app`, isDefault: type === 'DEFAULT_SITE' };
    });
}

const channel = z.object({
  release: z
    .object({
      releaseTime: z.string().optional(),
      message: z.string().optional(),
      version: z
        .object({
          name: z.string().optional(),
          labels: z.record(z.string(), z.string()).optional(),
          config: z
            .object({ rewrites: z.array(z.object({ glob: z.string().optional() })).optional() })
            .optional(),
        })
        .optional(),
    })
    .optional(),
});

/** What visitors of a site see now; undefined before its first deployment. @throws ApiError */
export async function readLiveRelease(
  access: ProjectAccess,
  site: string,
): Promise<HostingRelease | undefined> {
  const path = `v1beta1/projects/${access.projectId}/sites/${site}/channels/live`;
  const live = await unlessMissing(call(access, ['hosting', path], channel));
  if (!live?.release) return undefined;
  const { releaseTime, message, version } = live.release;
  const rewrites = (version?.config?.rewrites ?? []).flatMap(({ glob }) => glob ?? []);
  return { time: releaseTime, message, version: version?.name, labels: version?.labels ?? {}, rewrites };
}
