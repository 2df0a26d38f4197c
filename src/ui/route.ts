import { useEffect, useState } from "preact/hooks";

/** The part of the address after "#/": the name of a page and what it shows, such as ["builds", "<id>"]. */
export type Route = readonly string[];

/** The address of a route, for links. */
export function linkTo(...route: Route): string {
  return `#/${route.map(encodeURIComponent).join("/")}`;
}

function currentRoute(): Route {
  try {
    return location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
  } catch {
    // An address that someone typed.
    return [];
  }
}

/** The route that the address has now. */
export function useRoute(): Route {
  const [route, setRoute] = useState(currentRoute);
  useEffect(() => {
    const onChange = () => setRoute(currentRoute());
    addEventListener("hashchange", onChange);
    return () => removeEventListener("hashchange", onChange);
  }, []);
  return route;
}
