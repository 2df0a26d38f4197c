from testcontainers.core.container import DockerContainer


def test_app_greets(app_image: str) -> None:
    with DockerContainer(app_image) as container:
        container.get_wrapped_container().wait()
        stdout, _stderr = container.get_logs()
        assert stdout == b"hello\n"
