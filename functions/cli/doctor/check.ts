import type { Finding } from './findings.ts';
import type { LiveProject } from './live-project.ts';
import type { Installation, ProjectFiles } from './project-files.ts';

/** What the checks look at. */
export interface Subject {
  readonly files: ProjectFiles;
  /** One codebase or kit instance. */
  readonly installation: Installation;
}

export interface LiveSubject extends Subject {
  readonly live: LiveProject;
}

type Run<S> = (subject: S) => Promise<readonly Finding[]> | readonly Finding[];

/** Checks of the files run without network; the others read the project. */
export type Check =
  | { readonly name: string; readonly reads: 'files'; readonly run: Run<Subject> }
  | { readonly name: string; readonly reads: 'project'; readonly run: Run<LiveSubject> };

/** Thrown by a check that does not concern this project. */
export class NotApplicable extends Error {}
