import type { Authenticator } from '../authn/credential.ts';
import type { Platform } from '../platform/platform.ts';
import type { BoundOperation, Operation } from './operation.ts';

/** A feature: its service, and the operations and functions that use this service and no other. */
interface Module<Name extends string, Service, Needs> {
  readonly name: Name;
  /** Describes the tag of its operations in OpenAPI. */
  readonly summary?: string;
  /** Builds the service from the platform and the services of the modules that it needs. No I/O. */
  create(platform: Platform, needs: Needs): Service;
  readonly operations: readonly Operation<Service>[];
  /** Ways to authenticate that the module adds. */
  readonly authenticators?: (service: Service) => readonly Authenticator[];
  /** Cloud Functions for events. The service is built when the first event comes. */
  readonly triggers?: (service: () => Service, options: Named) => Named;
}

type Named = Readonly<Record<string, unknown>>;

export function defineModule<const Name extends string, Service, Needs = object>(
  module: Module<Name, Service, Needs>,
): Module<Name, Service, Needs> {
  return module;
}

/** Modules in the order in which they are built: each may need those before it. */
interface Composition<Services> {
  use<Name extends string, Service, Needs>(
    module: Services extends Needs ? Module<Name, Service, Needs> : never,
  ): Composition<Services & Readonly<Record<Name, Service>>>;
  readonly modules: readonly AnyModule[];
  readonly operations: readonly Operation[];
  create(platform: Platform): {
    readonly services: Services;
    readonly operations: readonly BoundOperation[];
    readonly authenticators: readonly Authenticator[];
  };
  /** Cloud Functions by name. @param options of `firebase-functions`, for every trigger */
  triggers(services: () => Named, options: Named): Named;
}

type AnyModule = Module<string, unknown, Named>;

export function compose<Services = object>(modules: readonly AnyModule[] = []): Composition<Services> {
  return {
    // The type of `use` has checked that the modules before it give what it needs.
    use: (module) => compose([...modules, module as unknown as AnyModule]),
    modules,
    operations: modules.flatMap(({ operations }) => operations),
    create(platform) {
      const services: Record<string, unknown> = {};
      for (const module of modules) services[module.name] = module.create(platform, services);
      return {
        // One for each module that `use` has taken.
        services: services as Services,
        operations: modules.flatMap(({ name, operations }) =>
          operations.map((operation) => ({ operation, service: services[name] })),
        ),
        authenticators: modules.flatMap(({ name, authenticators }) => authenticators?.(services[name]) ?? []),
      };
    },
    triggers: (services, options) =>
      Object.fromEntries(
        modules.flatMap(({ name, triggers }) =>
          Object.entries(triggers?.(() => services()[name], options) ?? {}),
        ),
      ),
  };
}
