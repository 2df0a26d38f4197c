import { useEffect, useState } from "preact/hooks";
import { type Problem, problemOf, signIn } from "./api.js";
import { ProblemText } from "./parts.js";

/**
 * What is shown until the host takes a token, with the error by which it refused the last one. A page of `slipway ui` needs
 * a link instead, and says so.
 */
export function SignIn({ refusal }: { refusal: unknown }) {
  const [focused] = useState(() => document.activeElement);
  const [failure, setFailure] = useState<Problem>();
  useEffect(
    () => () => {
      if (focused instanceof HTMLElement) focused.focus();
    },
    [],
  );
  const problem = failure ?? problemOf(refusal);
  const isLinkUsed = problem.reason === "PAGE_LINK_USED";
  const onSubmit = async (event: SubmitEvent) => {
    event.preventDefault();
    const field = new FormData(event.currentTarget as HTMLFormElement).get("token");
    setFailure(undefined);
    try {
      await signIn(String(field).trim());
    } catch (cause) {
      setFailure(problemOf(cause));
    }
  };
  return (
    <main class="sign-in">
      <h1>Slipway</h1>
      <div role="alert">
        {/* What else the host advises is for programs: the form is what to do here. */}
        <ProblemText problem={isLinkUsed ? problem : { ...problem, remedy: "" }} />
      </div>
      {!isLinkUsed && (
        <form onSubmit={onSubmit}>
          <label>
            Token of the host
            <input name="token" type="password" autoComplete="off" required />
          </label>
          <button type="submit" class="primary">
            Sign in
          </button>
          <p class="note">It is kept until this tab is closed.</p>
        </form>
      )}
    </main>
  );
}
