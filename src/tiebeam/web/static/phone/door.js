// Coming in: a new device by its code, then a person by a PIN.
import { Busy, NeedsPin, OutOfReach, Refused, doorPost } from "./asking.js";
import { field, h, text } from "./dom.js";

// `came(told)` hears what the door says once somebody is in.
export function doorView(told, came) {
  const shown = h("div", { className: "door" });
  const show = (now) => shown.replaceChildren(now.device ? pin(now) : code());
  const again = async (what, fields, fault) => {
    fault.hidden = true;
    try {
      const now = await doorPost(what, fields);
      if (now.viewer) await came(now);
      else show(now);
    } catch (error) {
      fault.textContent = words(error);
      fault.hidden = false;
    }
  };
  const fresh = () => h("p", { className: "error", role: "alert", hidden: true });

  function code() {
    const fault = fresh();
    let typed = "";
    return h("form", { className: "card stack", onsubmit: (event) => { event.preventDefault(); again("enrol", { code: typed }, fault); } },
      h("h1", {}, "Enrol this phone"),
      h("p", {}, "The office makes a code for it: Settings, Devices. It serves once, for 15 minutes."), fault,
      field("Code", text("", (value) => { typed = value; }, { required: true, maxLength: 40, autocapitalize: "characters", spellcheck: false })),
      h("button", { type: "submit" }, "Enrol"),
      h("p", { className: "hint" }, h("a", { href: "/sign-in?next=/phone" }, "Sign in with a password instead")));
  }

  function pin({ device, people }) {
    const fault = fresh();
    const name = "person";
    const typed = h("input", { type: "password", inputMode: "numeric", autocomplete: "off", required: true, maxLength: 12 });
    const chosen = () => shown.querySelector(`input[name=${name}]:checked`)?.value ?? "";
    const enter = (event) => {
      event.preventDefault();
      again("sign-in", { person: chosen(), pin: typed.value }, fault);
      typed.value = "";
    };
    return h("form", { className: "card stack", onsubmit: enter },
      h("h1", {}, "Who are you?"), h("p", { className: "hint" }, `${device.company} · ${device.name}`),
      people.length ? h("fieldset", {}, h("legend", {}, "Name"), people.map((one, at) =>
        h("label", { className: "check big" }, h("input", { type: "radio", name, value: one.id, required: true, checked: at === 0 && people.length === 1 }), one.name)))
        : h("p", {}, "Nobody of your company has a PIN yet: the office gives one under Settings, People."),
      fault, field("PIN", typed), h("button", { type: "submit" }, "Come in"));
  }

  show(told);
  return shown;
}

function words(error) {
  if (error instanceof Busy) return `${error.message} Wait ${Math.ceil(error.seconds)} seconds, then try again.`;
  if (error instanceof OutOfReach) return "No network: a PIN can only be looked at with one. Try again when there is.";
  if (error instanceof NeedsPin || error instanceof Refused) return error.message;
  throw error;
}
