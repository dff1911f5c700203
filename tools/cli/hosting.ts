import { requireFromCli } from './firebase-tools.ts';

interface Rc {
  target(project: string, type: string, name: string): string[];
  requireTarget(project: string, type: string, name: string): string[];
}

/** Serves a Hosting target that has no site in the project: only deployments need one. */
export function serveHostingWithoutSite(): void {
  const { RC }: { RC: { prototype: Rc } } = requireFromCli('./lib/rc.js');
  const { requireTarget } = RC.prototype;
  if (!requireTarget) throw new Error('the Firebase CLI has no requireTarget');
  RC.prototype.requireTarget = function (project, type, name) {
    const isMissing = type === 'hosting' && this.target(project, type, name).length === 0;
    return isMissing ? [name] : requireTarget.call(this, project, type, name);
  };
}
