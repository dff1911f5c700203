import * as z from 'zod';
import { call, callPages, type ProjectAccess, pageOf } from './request.ts';

export interface ReleasedRules {
  /** `projects/…/releases/cloud.firestore` */
  readonly release: string;
  readonly ruleset: string;
  /** ISO 8601. */
  readonly released: string | undefined;
  /** All files of the ruleset, one after the other. */
  readonly source: string;
}

const releases = pageOf({
  releases: z
    .array(z.object({ name: z.string(), rulesetName: z.string(), updateTime: z.string().optional() }))
    .optional(),
});
const ruleset = z.object({ source: z.object({ files: z.array(z.object({ content: z.string() })) }) });

/**
 * The Firestore rules in force for a database; undefined when none were released: Firestore then denies clients everything.
 *
 * @throws ApiError
 */
export async function readReleasedRules(
  access: ProjectAccess,
  databaseId: string,
): Promise<ReleasedRules | undefined> {
  const { projectId } = access;
  const pages = await callPages(access, ['rules', `v1/projects/${projectId}/releases`], releases);
  const names =
    databaseId === '(default)'
      ? ['cloud.firestore', 'cloud.firestore/(default)']
      : [`cloud.firestore/${databaseId}`];
  const found = pages
    .flatMap((page) => page.releases ?? [])
    .find(({ name }) => names.includes(name.slice(`projects/${projectId}/releases/`.length)));
  if (!found) return undefined;
  const { source } = await call(access, ['rules', `v1/${found.rulesetName}`], ruleset);
  return {
    release: found.name,
    ruleset: found.rulesetName,
    released: found.updateTime,
    source: source.files.map(({ content }) => content).join('\n'),
  };
}
