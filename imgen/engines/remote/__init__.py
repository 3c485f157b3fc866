"""What the engines that work elsewhere share: calls, circuit breakers, downloads, frames."""
