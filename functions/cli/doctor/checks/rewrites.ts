import { DEFAULT_BASE_PATH } from '../../../src/distribution.ts';
import { type HostingEntry, isFor } from '../../hosting-entry.ts';
import { type Check, NotApplicable } from '../check.ts';
import { type Finding, finding } from '../findings.ts';

/** Globs that match every path. */
const CATCH_ALL = ['**', '/**', '**/*', '/**/*'];

export const hostingRewrites: Check = {
  name: 'Hosting rewrites',
  reads: 'files',
  run({ files, installation: { kind, parameters, prefix } }) {
    const api = `${prefix}api`;
    const isOurs = (one: Rewrite) => target(one) === api;
    const sites = files.firebaseJson.hosting.filter(({ rewrites }) => rewrites.some(isOurs));
    if (sites.length === 0) throw new NotApplicable(`no Hosting rewrite leads to ${api}`);
    return sites.flatMap(({ rewrites }): Finding[] => {
      const at = rewrites.findIndex(isOurs);
      const before = rewrites.slice(0, at).find((one) => CATCH_ALL.includes(pattern(one)));
      if (before) {
        const what = `Hosting answers ${pattern(rewrites[at] ?? {})} with the rewrite of ${pattern(before)}, which stands before the one to ${api}`;
        return [finding('rewrite-unreachable', what, `Move the rewrite to ${api} up in firebase.json.`)];
      }
      // In the functions of an app, `api` may be any of its own.
      if (kind === 'library') return [];
      const { BASE_PATH = DEFAULT_BASE_PATH } = parameters;
      const served = [`${BASE_PATH}/me`, '/v1/me'];
      if (served.some((path) => rewrites.some((one) => isOurs(one) && isFor(one, path)))) return [];
      const what = `BASE_PATH is ${BASE_PATH}, but no Hosting rewrite to ${api} passes ${BASE_PATH}/** on: the API answers 404 there`;
      return [finding('base-path-differs', what, 'Change the rewrite or BASE_PATH, then deploy both.')];
    });
  },
};

interface Rewrite extends HostingEntry {
  readonly function?: string | { readonly functionId: string } | undefined;
}

const pattern = ({ source, glob, regex }: Rewrite) => source ?? glob ?? regex ?? '';
const target = ({ function: named }: Rewrite) => (typeof named === 'object' ? named.functionId : named);
