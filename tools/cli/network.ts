import { requireFromCli } from './firebase-tools.ts';

interface Dispatcher {
  dispatch(options: { origin?: string | URL }, handler: object): boolean;
}
interface Undici {
  ProxyAgent: new (options: object) => Dispatcher;
  getGlobalDispatcher(): Dispatcher;
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]', '::1'];

/**
 * Lets the CLI call its emulators without a proxy. It sends every request through the proxy of the environment, whatever
 * NO_PROXY says (firebase-tools, lib/apiv2.js), and no proxy reaches loopback.
 */
export function useDirectConnections(): void {
  const { no_proxy, NO_PROXY, no_grpc_proxy } = process.env;
  const extend = (hosts: string | undefined) =>
    hosts === '*' ? hosts : [hosts, ...LOOPBACK].filter(Boolean).join(',');
  const noProxy = extend(no_proxy || NO_PROXY);
  // For the functions, too: gRPC reads them for Firestore.
  Object.assign(process.env, { no_proxy: noProxy, NO_PROXY: noProxy });
  if (no_grpc_proxy) process.env.no_grpc_proxy = extend(no_grpc_proxy);

  const undici: Undici = requireFromCli('undici');
  const { ProxyAgent } = undici;
  undici.ProxyAgent = class extends ProxyAgent {
    override dispatch(options: { origin?: string | URL }, handler: object): boolean {
      const { hostname } = new URL(options.origin ?? 'http://unknown');
      if (LOOPBACK.includes(hostname)) return undici.getGlobalDispatcher().dispatch(options, handler);
      return super.dispatch(options, handler);
    }
  };
}
