import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Finding } from "./builder-form.js";

/** Attributes by which a control belongs to its field. */
export interface ControlAttributes {
  id: string;
  "aria-describedby": string;
  "aria-invalid": boolean;
}

/** What a field of a form is shown with. */
export interface FieldProps {
  title: string;
  description?: string;
  findings: readonly Finding[];
  control(attributes: ControlAttributes): ComponentChildren;
}

/** A control with its title, its meaning, and what is wrong with its value. */
export function Field({ title, description, findings, control }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{title}</label>
      {control({
        id,
        "aria-describedby": `${id}-note`,
        "aria-invalid": findings.some(({ isError }) => isError),
      })}
      <div id={`${id}-note`}>
        <div aria-live="polite">
          {findings.map(({ message, remedy, isError }, index) => (
            <p key={index} class={isError ? "finding failed" : "finding waiting"}>
              {`${message} ${remedy}`.trim()}
            </p>
          ))}
        </div>
        {description && <p class="note">{description}</p>}
      </div>
    </div>
  );
}
