import { realpath } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { type BuildHeld, HoldReason } from "../../gen/slipway/v1/build_event_pb.js";
import { BuildHold } from "../../gen/slipway/v1/build_pb.js";
import { ContinueTo } from "../../gen/slipway/v1/debug_pb.js";
import type { BuildRequest } from "../build/build-spec.js";
import { dockerfilePath } from "../build/contexts.js";
import type { Debugger, Debugging } from "../build/run-build.js";
import type { Host } from "../host.js";
import { visibleOutput, visibleText } from "../output/visible.js";
import { splitWords } from "../values/split-words.js";
import { DapConnection } from "./connection.js";
import { EditorBreakpoints } from "./editor-breakpoints.js";
import { runForConsole, terminalRequest } from "./exec.js";
import { FileValues } from "./file-values.js";
import { type LaunchArguments, readLaunchArguments } from "./launch-arguments.js";
import { stepValues } from "./step-values.js";
import { Variables } from "./variables.js";

/** A build has one thread. */
const threadId = 1;

/** Interval of the calls that keep a build held, in milliseconds. After ten minutes without a call the build goes on. */
const keepHeldMs = 60_000;

/** What an editor shows as the reason of a stop. */
const reasons: Partial<Record<HoldReason, string>> = {
  [HoldReason.ERROR]: "exception",
  [HoldReason.BREAKPOINT]: "breakpoint",
};

/** A build that an editor debugs. */
interface Debuggee {
  readonly host: Host;
  readonly id: string;
}

/** Debugs one build for an editor that speaks the Debug Adapter Protocol. */
export class DebugSession {
  /** How the editor wants to build, when it has set its breakpoints; undefined when it has gone before. */
  readonly launched: Promise<LaunchArguments | undefined>;
  readonly #connection: DapConnection;
  readonly #breakpoints = new EditorBreakpoints();
  readonly #variables = new Variables();
  readonly #keepHeld: NodeJS.Timeout;
  #launch: LaunchArguments | undefined;
  #start!: (launch: LaunchArguments | undefined) => void;
  /** What the editor can do, and how it counts. */
  #editor: Partial<DebugProtocol.InitializeRequestArguments> = {};
  /** The names under which the editor may know the Dockerfile; the first is its own. Empty for one that is elsewhere. */
  #dockerfiles: readonly string[] = [];
  #debuggee: Debuggee | undefined;
  #held: BuildHeld | undefined;
  #hasStopped = false;
  #isEnding = false;
  #interrupt: (() => void) | undefined;

  constructor(input: Readable, output: Writable) {
    this.launched = new Promise((start) => {
      this.#start = start;
    });
    this.#connection = new DapConnection(input, output, {
      initialize: (args: DebugProtocol.InitializeRequestArguments) => this.#initialize(args),
      launch: (args: object) => this.#takeLaunch(args),
      configurationDone: () => this.#start(this.#launch),
      setBreakpoints: (args: DebugProtocol.SetBreakpointsArguments) => this.#setBreakpoints(args),
      setExceptionBreakpoints: () => ({ breakpoints: [] }),
      threads: () => ({ threads: this.#debuggee ? [{ id: threadId, name: this.#threadName() }] : [] }),
      stackTrace: () => this.#stackTrace(),
      scopes: ({ frameId }: DebugProtocol.ScopesArguments) => this.#scopes(frameId),
      variables: async ({ variablesReference }: DebugProtocol.VariablesArguments) => ({
        variables: await this.#variables.get(variablesReference),
      }),
      source: ({ sourceReference }: DebugProtocol.SourceArguments) => this.#source(sourceReference),
      evaluate: (args: DebugProtocol.EvaluateArguments) => this.#evaluate(args),
      continue: async () => {
        await this.#continue(ContinueTo.UNSPECIFIED);
        return { allThreadsContinued: true };
      },
      next: () => this.#continue(ContinueTo.NEXT),
      stepIn: () => this.#continue(ContinueTo.IN),
      stepOut: () => this.#continue(ContinueTo.OUT),
      pause: () => {
        throw new Error("A step that runs cannot be paused. Set a breakpoint.");
      },
      terminate: () => this.#end(),
      disconnect: () => this.#end(),
    });
    void this.#connection.gone.then(() => this.#end());
    this.#keepHeld = setInterval(() => this.#held && this.#resolve().catch(() => {}), keepHeldMs);
    this.#keepHeld.unref();
  }

  /**
   * How the build is held, and shown in the editor.
   * @param openHost the session closes nothing of it
   */
  debugging(launch: LaunchArguments, openHost: () => Promise<Host>): Debugging {
    return {
      hold: launch.stopOnEntry ? BuildHold.ON_START : BuildHold.ON_ERROR,
      write: (text) => this.print(text, "stdout"),
      open: (request, interrupt) => this.#open(request, interrupt, openHost),
    };
  }

  /** Shows text in the console of the editor. */
  print(text: string, category: "console" | "stdout" | "stderr"): void {
    if (text) this.#connection.event("output", { category, output: visibleOutput(text) });
  }

  /** The build has ended. Resolves when the editor has been told. */
  async end(exitCode: number): Promise<void> {
    clearInterval(this.#keepHeld);
    if (this.#debuggee) this.#connection.event("thread", { reason: "exited", threadId });
    this.#connection.event("terminated");
    this.#connection.event("exited", { exitCode });
    await this.#connection.finish();
  }

  async #open(
    request: BuildRequest,
    interrupt: () => void,
    openHost: () => Promise<Host>,
  ): Promise<Debugger> {
    this.#interrupt = interrupt;
    if (this.#isEnding) interrupt();
    const path = dockerfilePath(request.inputs);
    if (path) this.#dockerfiles = [path, await realpath(path).catch(() => path)];
    const host = await openHost();
    if (!host.capabilities.has("debug.steps")) {
      host.close();
      throw new Error("This host leads no build by its steps. Update it.");
    }
    return {
      host: { ...host, uploads: async () => host.uploads },
      breakpoints: () => this.#ofBuild().map(({ wanted: line }) => ({ line })),
      onAccepted: (id) => {
        this.#debuggee = { host, id };
        this.#connection.event("thread", { reason: "started", threadId });
        // The user may have changed them since the build was started.
        this.#resolve().catch(() => {});
      },
      onHeld: (_id, held) => this.#stop(held),
      onResumed: () => {
        if (!this.#held) return;
        // By itself: after ten minutes, or since the host stops.
        this.#forget();
        this.#connection.event("continued", { threadId, allThreadsContinued: true });
      },
    };
  }

  #initialize(args: DebugProtocol.InitializeRequestArguments): DebugProtocol.Capabilities {
    this.#editor = args;
    return { supportsConfigurationDoneRequest: true, supportsTerminateRequest: true };
  }

  #takeLaunch(args: object): void {
    this.#launch = readLaunchArguments(args);
    this.#connection.event("initialized");
  }

  async #setBreakpoints({ source, breakpoints = [] }: DebugProtocol.SetBreakpointsArguments) {
    const lines = breakpoints.map(({ line }) => line + this.#lineOffset);
    const set = this.#breakpoints.set(resolve(source.path ?? ""), lines);
    // A build that has just ended knows none.
    if (this.#debuggee) await this.#resolve({ isQuiet: true }).catch(() => {});
    return { breakpoints: set.map(({ shown }) => this.#counted(shown)) };
  }

  /** Sends the breakpoints to the host, and shows where the build is held for them. */
  async #resolve({ isQuiet = false } = {}): Promise<void> {
    const { host, id } = this.#running();
    const breakpoints = this.#ofBuild();
    const request = { id, breakpoints: breakpoints.map(({ wanted: line }) => ({ line })) };
    const { isResolved, places } = await host.debug.setBreakpoints(request);
    if (!isResolved) return;
    breakpoints.forEach((breakpoint, index) => {
      const isNews = this.#breakpoints.resolve(breakpoint, places[index]!);
      if (isNews && !isQuiet) {
        const shown = this.#counted(breakpoint.shown);
        this.#connection.event("breakpoint", { reason: "changed", breakpoint: shown });
      }
    });
  }

  #ofBuild() {
    return this.#breakpoints.in((path) => this.#dockerfiles.includes(path));
  }

  async #stop(held: BuildHeld): Promise<void> {
    this.#held = held;
    await this.#resolve().catch(() => {});
    // It may have gone on meanwhile.
    if (this.#held !== held) return;
    const { reason, error, stack } = held;
    const line = stack[0]?.source?.ranges[0]?.startLine;
    const hit = this.#ofBuild().filter(({ shown }) => shown.verified && shown.line === line);
    this.#connection.event("stopped", {
      reason: reasons[reason] ?? (this.#hasStopped ? "step" : "entry"),
      threadId,
      allThreadsStopped: true,
      ...(error && { description: "The step failed.", text: visibleText(error.message) }),
      ...(reason === HoldReason.BREAKPOINT && { hitBreakpointIds: hit.map(({ id }) => id) }),
    });
    this.#hasStopped = true;
  }

  /** Lets the build go on. */
  async #continue(to: ContinueTo): Promise<void> {
    const { host, id } = this.#running();
    this.#standing();
    this.#forget();
    await host.debug.continueBuild({ id, to });
  }

  #forget(): void {
    this.#held = undefined;
    this.#variables.clear();
  }

  #threadName(): string {
    return ["build", this.#held?.platform].filter(Boolean).join(" ");
  }

  #stackTrace(): { stackFrames: DebugProtocol.StackFrame[]; totalFrames: number } {
    const { stack } = this.#standing();
    const stackFrames = stack.map(({ name, source }, index): DebugProtocol.StackFrame => {
      const id = index + 1;
      const [range] = source?.ranges ?? [];
      if (!source || !range) return { id, name, line: 0, column: 0 };
      return {
        id,
        name,
        line: range.startLine - this.#lineOffset,
        endLine: range.endLine - this.#lineOffset,
        column: range.startCharacter + (this.#editor.columnsStartAt1 === false ? 0 : 1),
        source: this.#sourceOf(source.filename, index),
      };
    });
    return { stackFrames, totalFrames: stackFrames.length };
  }

  /** A file of this machine, or one that the editor asks for. */
  #sourceOf(filename: string, frame: number): DebugProtocol.Source {
    const [path] = this.#dockerfiles;
    if (path) return { name: basename(path), path };
    return { name: filename, sourceReference: frame + 1 };
  }

  async #source(reference: number): Promise<{ content: string }> {
    const { source } = await this.#inspect(reference);
    return { content: Buffer.from(source?.data ?? []).toString() };
  }

  async #scopes(frameId: number): Promise<{ scopes: DebugProtocol.Scope[] }> {
    const { host, id } = this.#running();
    const step = await this.#inspect(frameId);
    const scopes: DebugProtocol.Scope[] = [
      {
        name: "Arguments",
        presentationHint: "arguments",
        variablesReference: this.#variables.add(() => stepValues(step)),
        expensive: false,
      },
    ];
    if (step.trees.length > 0) {
      const files = new FileValues(host.debug, id);
      scopes.push({
        name: "File Explorer",
        presentationHint: "locals",
        variablesReference: this.#variables.add(() => files.trees(step.trees)),
        expensive: true,
      });
    }
    return { scopes };
  }

  async #inspect(frameId: number) {
    const { host, id } = this.#running();
    return host.debug.inspectStep({ id, frame: frameId - 1 });
  }

  /** Carries out a line of the console; `exec` is the only command, as in buildx. */
  async #evaluate({ expression, context }: DebugProtocol.EvaluateArguments) {
    if (context !== "repl") throw new Error("Only lines of the console are evaluated.");
    const [command, ...args] = splitWords(expression);
    const result = command === undefined ? "" : await this.#carryOut(command, args);
    return { result, variablesReference: 0 };
  }

  async #carryOut(command: string, args: readonly string[]): Promise<string> {
    if (command !== "exec") throw new Error(`${command} is no command. Use exec, or exec PROGRAM.`);
    const { host, id } = this.#running();
    this.#standing();
    if (args.length > 0) return runForConsole(host, id, args, (text, stream) => this.print(text, stream));
    if (!this.#editor.supportsRunInTerminalRequest)
      throw new Error("This editor has no terminal for a shell. Use exec PROGRAM.");
    await this.#connection.request("runInTerminal", terminalRequest(id));
    return "The shell runs in a terminal. It ends when the build goes on.";
  }

  /** Cancels the build, once. */
  #end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#start(undefined);
    this.#interrupt?.();
  }

  get #lineOffset(): number {
    return this.#editor.linesStartAt1 === false ? 1 : 0;
  }

  /** As the editor counts lines. */
  #counted({ line = 0, endLine, ...shown }: DebugProtocol.Breakpoint): DebugProtocol.Breakpoint {
    const offset = this.#lineOffset;
    return { ...shown, line: line - offset, endLine: endLine === undefined ? undefined : endLine - offset };
  }

  #running(): Debuggee {
    if (!this.#debuggee) throw new Error("The build has not started.");
    return this.#debuggee;
  }

  #standing(): BuildHeld {
    if (!this.#held) throw new Error("The build runs.");
    return this.#held;
  }
}
